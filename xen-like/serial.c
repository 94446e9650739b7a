/* SPDX-License-Identifier: MIT */
/*
 * xen-like/serial.c - see serial.h.  Registers: National PC16550D data sheet.
 */
#include "xen-like/serial.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/console.h"
#include "xen-like/irq.h"

enum {
	DATA = 0,
	INTERRUPT_ENABLE = 1,
	FIFO = 2,
	LINE_CONTROL = 3,
	MODEM_CONTROL = 4,
	LINE_STATUS = 5,
	SCRATCH = 7
};

#define DIVISOR_LATCH	0x80
#define FIFO_ON		0x07
#define DTR_RTS_OUT2	0x0b
#define STATUS_DATA	0x01
#define STATUS_EMPTY	0x20
#define RECEIVED_ENABLE 0x01
#define BASE_RATE	115200
#define SPINS_PER_BYTE	200000

static struct {
	uint16_t port;
	uint8_t irq;
	void (*receive)(void);
} line;

static bool port_answers(uint16_t port)
{
	port_write_8(port + SCRATCH, 0x5a);
	if (port_read_8(port + SCRATCH) != 0x5a)
		return false;
	port_write_8(port + SCRATCH, 0xa5);
	return port_read_8(port + SCRATCH) == 0xa5;
}

bool serial_init(const struct serial_setup *setup)
{
	uint16_t port = setup->port;
	uint32_t divisor;

	if (!port_answers(port))
		return false;
	line.port = port;
	line.irq = setup->irq;
	port_write_8(port + INTERRUPT_ENABLE, 0);
	if (setup->baud > 0) {
		divisor = BASE_RATE / setup->baud;
		port_write_8(port + LINE_CONTROL, DIVISOR_LATCH | setup->format);
		port_write_8(port + DATA, (uint8_t)divisor);
		port_write_8(port + INTERRUPT_ENABLE, (uint8_t)(divisor >> 8));
	}
	port_write_8(port + LINE_CONTROL, setup->format);
	port_write_8(port + FIFO, FIFO_ON);
	port_write_8(port + MODEM_CONTROL, DTR_RTS_OUT2);
	return true;
}

static void write_byte(uint8_t byte)
{
	/* A line nobody drains must not stop the host. */
	for (unsigned int i = 0; i < SPINS_PER_BYTE; i++)
		if (port_read_8(line.port + LINE_STATUS) & STATUS_EMPTY)
			break;
	port_write_8(line.port + DATA, byte);
}

void serial_write(const char *bytes, size_t count)
{
	if (!line.port)
		return;
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n')
			write_byte('\r');
		write_byte((uint8_t)bytes[i]);
	}
}

int serial_read(void)
{
	if (!line.port || !(port_read_8(line.port + LINE_STATUS) & STATUS_DATA))
		return -1;
	return port_read_8(line.port + DATA);
}

static void on_interrupt(void *argument)
{
	(void)argument;
	(void)port_read_8(line.port + FIFO); /* which interrupt: reading clears it */
	line.receive();
}

void serial_enable_interrupt(void (*receive)(void))
{
	if (!line.port)
		return;
	line.receive = receive;
	if (irq_request_own(line.irq, on_interrupt, NULL))
		port_write_8(line.port + INTERRUPT_ENABLE, RECEIVED_ENABLE);
	else
		log_warning("serial line: no interrupt %u, input does not work\n", line.irq);
}

uint16_t serial_port(void)
{
	return line.port;
}
