/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/speculation.c - asks the CPU, lets speculation_policy.c
 * decide, says so in the log, and sets each CPU's own registers.  What entries,
 * exits and switches then do hangs on alternatives.
 */
#include "xen-like/arch/x86/speculation.h"
#include "xen-like/arch/x86/cpu.h"
#include "xen-like/console.h"
#include "xen-like/options.h"

#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_AMD_DECODE_CONFIG 0xc0011029
#define LFENCE_SERIALIZES     (1ull << 1)
#define EFER_AUTOMATIC_IBRS   (1ull << 21)

struct speculation_decision speculation;
/* SPEC_CTRL while Enso runs and while guests do: entry_guarded.S writes them. */
uint32_t speculation_word_own, speculation_word_guest;

/* AMD's LFENCE waits for what is before it only if this bit is set, or always. */
static bool lfence_serializes(const struct speculation_cpu *cpu)
{
	uint64_t config;

	if (cpu->vendor == VENDOR_INTEL)
		return true;
	if (cpu->vendor != VENDOR_AMD)
		return false;
	if (cpu->family == 0xf || cpu->family == 0x11 ||
	    (cpu->leaf_80000021_eax & LEAF_21_LFENCE_SERIALIZES))
		return true;
	return read_msr_safe(MSR_AMD_DECODE_CONFIG, &config) &&
	       write_msr_safe(MSR_AMD_DECODE_CONFIG, config | LFENCE_SERIALIZES) &&
	       read_msr_safe(MSR_AMD_DECODE_CONFIG, &config) && (config & LFENCE_SERIALIZES);
}

static bool cores_have_threads(uint32_t highest, uint32_t highest_extended)
{
	uint32_t leaf[4];

	if (highest >= 0xb) {
		cpuid(0xb, 0, leaf);
		if (leaf[1])
			return (leaf[1] & 0xffff) > 1;
	}
	if (!cpu_features.amd || highest_extended < 0x8000001e)
		return false;
	cpuid(0x8000001e, 0, leaf);
	return leaf[1] >> 8 & 0xff;
}

static enum cpu_vendor vendor_of(uint32_t ebx)
{
	if (cpu_features.amd)
		return VENDOR_AMD;
	return ebx == 0x756e6547 ? VENDOR_INTEL : VENDOR_OTHER; /* Genu */
}

static struct speculation_cpu cpu_read(void)
{
	struct speculation_cpu cpu = {.smep = cpu_features.smep,
				      .physical_bits = cpu_features.physical_bits};
	uint32_t leaf[4], highest, highest_extended;

	cpuid(0, 0, leaf);
	highest = leaf[0];
	cpu.vendor = vendor_of(leaf[1]);
	cpuid(1, 0, leaf);
	cpu.family = leaf[0] >> 8 & 0xf;
	cpu.model = (leaf[0] >> 4 & 0xf) | (leaf[0] >> 12 & 0xf0);
	cpu.family += cpu.family == 0xf ? leaf[0] >> 20 & 0xff : 0;
	if (highest >= 7) {
		cpuid(7, 0, leaf);
		cpu.leaf_7_edx = leaf[3];
	}
	cpuid(0x80000000, 0, leaf);
	highest_extended = leaf[0];
	if (highest_extended >= 0x80000008) {
		cpuid(0x80000008, 0, leaf);
		cpu.leaf_80000008_ebx = leaf[1];
	}
	if (highest_extended >= 0x80000021) {
		cpuid(0x80000021, 0, leaf);
		cpu.leaf_80000021_eax = leaf[0];
	}
	if ((cpu.leaf_7_edx & LEAF_7_ARCH_CAPABILITIES) &&
	    !read_msr_safe(MSR_ARCH_CAPABILITIES, &cpu.arch_capabilities))
		cpu.arch_capabilities = 0;
	cpu.threads = cores_have_threads(highest, highest_extended);
	cpu.lfence_serializes = lfence_serializes(&cpu);
	return cpu;
}

static const char *affected(bool flaw)
{
	return flaw ? "affected" : "not affected";
}

static void say_missing(void)
{
	if (speculation.lacks_ibrs)
		log_warning("speculation: IBRS is wanted, and this CPU has none: update its "
			    "microcode\n");
	if (speculation.lacks_ibpb)
		log_warning("speculation: IBPB is wanted, and this CPU has none: update its "
			    "microcode\n");
	if (speculation.lacks_md_clear)
		log_warning(
			"speculation: VERW clears no buffers on this CPU: update its microcode\n");
	if (speculation.threads_leak)
		log_warning("speculation: threads of a core see each other's data (MDS, L1TF): "
			    "switch SMT off in the firmware before running untrusted guests\n");
}

static void say_decision(const struct speculation_cpu *cpu)
{
	static const char *const thunks[] = {"?", "retpoline", "lfence", "jmp"};
	const struct speculation_decision *is = &speculation;
	bool switched = is->spec_ctrl_own != is->spec_ctrl_guest;

	log_info("speculation: CPU family %#x model %#x, 7.edx %#x, 80000008.ebx %#x, 80000021.eax "
		 "%#x, "
		 "ARCH_CAPS %#llx, LFENCE %s\n",
		 cpu->family, cpu->model, cpu->leaf_7_edx, cpu->leaf_80000008_ebx,
		 cpu->leaf_80000021_eax, (unsigned long long)cpu->arch_capabilities,
		 cpu->lfence_serializes ? "serializes" : "does not serialize");
	log_info("speculation: branches by %s%s, barriers %s; SPEC_CTRL %#x for Enso, %#x for "
		 "guests%s\n",
		 thunks[is->thunk], is->automatic_ibrs ? " and automatic IBRS" : "",
		 is->barrier ? "on" : "off", is->spec_ctrl_own, is->spec_ctrl_guest,
		 is->ibpb_switch ? "; IBPB between vCPUs" : "");
	if (speculation_guards_entry(is))
		log_info("speculation: on entry%s%s%s%s%s; on the way out%s%s%s\n",
			 is->xpti ? " CR3" : "", is->ibpb_entry ? " IBPB" : "",
			 switched ? " SPEC_CTRL" : "", is->rsb_entry ? " return stack" : "",
			 is->barrier ? " LFENCE" : "", switched ? " SPEC_CTRL" : "",
			 is->xpti ? " CR3" : "", is->verw_exit ? " VERW" : "");
	else
		log_info("speculation: nothing on entry and on the way out\n");
	log_info("speculation: Meltdown: %s, XPTI %s; L1TF: %s, entries checked above %#llx for "
		 "%s; MDS: %s\n",
		 affected(is->meltdown), is->xpti ? "on" : "off", affected(is->l1tf),
		 (unsigned long long)is->l1tf_limit,
		 is->l1tf_others    ? is->l1tf_control ? "all" : "guests but dom0"
		 : is->l1tf_control ? "dom0"
				    : "nobody",
		 affected(is->mds));
	say_missing();
}

void speculation_init(void (*complaint)(const char *why, const char *word))
{
	struct speculation_cpu cpu = cpu_read();
	struct speculation_options wanted;

	speculation_options_parse(&wanted, options.spec_ctrl, options.xpti, options.pv_l1tf,
				  complaint);
	speculation = speculation_decide(&cpu, &wanted);
	speculation_word_own = speculation.spec_ctrl_own;
	speculation_word_guest = speculation.spec_ctrl_guest;
	say_decision(&cpu);
}

void speculation_check_memory(uint64_t end)
{
	bool checked = speculation.l1tf_control || speculation.l1tf_others;

	if (checked && end > speculation.l1tf_limit)
		log_warning("speculation: memory above %#llx is not safe from L1TF: mem= leaves it "
			    "out\n",
			    (unsigned long long)speculation.l1tf_limit);
}

uint32_t speculation_alternatives(void)
{
	const struct speculation_decision *is = &speculation;
	uint32_t features = 0;

	features |= is->barrier ? 1u << ALTERNATIVE_BARRIER : 0;
	features |= is->thunk == THUNK_JUMP ? 1u << ALTERNATIVE_THUNK_JUMP : 0;
	features |= is->thunk == THUNK_LFENCE ? 1u << ALTERNATIVE_THUNK_LFENCE : 0;
	features |= is->ibpb_switch ? 1u << ALTERNATIVE_IBPB_SWITCH : 0;
	features |= speculation_guards_entry(is) ? 1u << ALTERNATIVE_GUARDED : 0;
	features |= is->xpti ? 1u << ALTERNATIVE_XPTI : 0;
	features |= is->spec_ctrl_own != is->spec_ctrl_guest ? 1u << ALTERNATIVE_SPEC_CTRL : 0;
	features |= is->ibpb_entry ? 1u << ALTERNATIVE_IBPB_ENTRY : 0;
	features |= is->rsb_entry ? 1u << ALTERNATIVE_RSB_ENTRY : 0;
	features |= is->verw_exit ? 1u << ALTERNATIVE_VERW_EXIT : 0;
	return features;
}

void speculation_init_cpu(void)
{
	struct speculation_cpu cpu;

	if (speculation.spec_ctrl_own)
		write_msr(MSR_SPEC_CTRL, speculation.spec_ctrl_own);
	if (speculation.automatic_ibrs)
		write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_AUTOMATIC_IBRS);
	/* Each CPU has this register of its own. */
	cpu = cpu_read();
	if (speculation.barrier && !cpu.lfence_serializes)
		log_warning("speculation: LFENCE does not serialize on CPU %u\n", this_cpu()->id);
}
