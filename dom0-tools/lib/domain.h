/* SPDX-License-Identifier: MIT */
/*
 * dom0-tools/lib/domain.h - domains as the hypervisor knows them: numbers, no
 * names.  hypervisor.h says what all these calls share.
 */
#pragma once

#include "dom0-tools/lib/hypervisor.h"

/* How a domain ended; the codes are those of <xen/sched.h>. */
enum domain_end {
	DOMAIN_END_POWEROFF = SHUTDOWN_poweroff,
	DOMAIN_END_REBOOT = SHUTDOWN_reboot,
	DOMAIN_END_SUSPEND = SHUTDOWN_suspend,
	DOMAIN_END_CRASH = SHUTDOWN_crash,
	DOMAIN_END_WATCHDOG = SHUTDOWN_watchdog,
};

struct domain_info {
	uint16_t domid;
	uint8_t uuid[16]; /* the handle it was created with */
	bool dying;	  /* being destroyed, or destroyed but held by others' mappings */
	bool shut_down;	  /* it ended; `end` says how */
	bool paused, blocked, running;
	bool hvm;
	enum domain_end end; /* meaningful when shut_down */
	uint64_t memory_pages, max_pages;
	uint64_t shared_info_frame;
	uint64_t cpu_time_ns;
	uint32_t vcpus_online;
	uint32_t vcpus_max; /* vCPUs it has, online or not */
	uint32_t cpupool;
};

/* What a new domain is made with; what is not here has the usual value. */
struct domain_creation {
	uint8_t uuid[16];
	uint32_t vcpus_max;	     /* 1..GUEST_VCPUS_MAX */
	uint32_t max_event_channel;  /* highest port; 0: no limit but the hypervisor's */
	int32_t max_grant_frames;    /* -1: the hypervisor's default */
	int32_t max_maptrack_frames; /* -1: the hypervisor's default */
};

/* A PV domain with no memory and no vCPUs yet; it is paused. */
int MUST_CHECK
domain_create(struct hypervisor *hypervisor, const struct domain_creation *creation,
	      uint16_t *domid, struct failure *failure);

/*
 * Ends a domain and gives back its memory; returns when that is done, which
 * takes as many calls as the hypervisor wants.  ESRCH: there is none.  Pages
 * that others still map keep a dying domain behind.
 */
int MUST_CHECK
domain_destroy(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure);

int MUST_CHECK
domain_pause(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure);
int MUST_CHECK
domain_unpause(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure);

/* Lets a domain that suspended go on. */
int MUST_CHECK
domain_resume(struct hypervisor *hypervisor, uint16_t domid, struct failure *failure);

/* Exactly this domain, or ESRCH. */
int MUST_CHECK
domain_info(struct hypervisor *hypervisor, uint16_t domid, struct domain_info *info,
	    struct failure *failure);

/* The same, where "there is none" is no failure: 1 found, 0 none, or a negative errno. */
int MUST_CHECK
domain_lookup(struct hypervisor *hypervisor, uint16_t domid, struct domain_info *info,
	      struct failure *failure);

/*
 * All domains by ascending number, dom0 first; as many calls as it takes.  The
 * array is the caller's to free.
 */
int MUST_CHECK
domain_list(struct hypervisor *hypervisor, struct domain_info **domains, size_t *count,
	    struct failure *failure);

/* The most memory it may have. */
int MUST_CHECK
domain_set_max_memory(struct hypervisor *hypervisor, uint16_t domid, uint64_t kib,
		      struct failure *failure);

/* Gives a new domain its vCPUs: as many as it was created for. */
int MUST_CHECK
domain_set_max_vcpus(struct hypervisor *hypervisor, uint16_t domid, uint32_t count,
		     struct failure *failure);

/* Makes a new domain a 64-bit PV one. */
int MUST_CHECK
domain_set_address_size(struct hypervisor *hypervisor, uint16_t domid, uint32_t bits,
			struct failure *failure);

/* Its handle, by which it is known before the store knows it. */
int MUST_CHECK
domain_set_uuid(struct hypervisor *hypervisor, uint16_t domid, const uint8_t uuid[16],
		struct failure *failure);

/* The guest's wall clock runs this far from UTC. */
int MUST_CHECK
domain_set_time_offset(struct hypervisor *hypervisor, uint16_t domid, int64_t seconds,
		       struct failure *failure);

/* Fills the guest's page `frame` (an mfn) with calls. */
int MUST_CHECK
domain_write_hypercall_page(struct hypervisor *hypervisor, uint16_t domid, uint64_t frame,
			    struct failure *failure);

/* Whether a port of the domain's waits for this other domain to bind it; false, too, when it
 * cannot be asked (the domain has gone). */
bool domain_port_is_unbound(struct hypervisor *hypervisor, uint16_t domid, uint32_t port,
			    uint16_t remote);

/* A port of the domain's that `remote` may bind. */
int MUST_CHECK
domain_allocate_port(struct hypervisor *hypervisor, uint16_t domid, uint16_t remote, uint32_t *port,
		     struct failure *failure);
