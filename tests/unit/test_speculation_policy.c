// needs: xen-like/arch/x86/speculation_policy.c
/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/test_speculation_policy.c - CPUs of every kind, and what each gets
 * by itself and by options.
 */
#include "tests/unit/check.h"
#include "xen-like/arch/x86/speculation_policy.h"

#define INTEL_MICROCODE (LEAF_7_IBRS_IBPB | LEAF_7_STIBP | LEAF_7_MD_CLEAR)
#define NEW_INTEL	(INTEL_MICROCODE | LEAF_7_ARCH_CAPABILITIES)
#define NONE_LEFT	(CAPABILITY_RDCL_NO | CAPABILITY_IBRS_ALL | CAPABILITY_MDS_NO)

/* What decides, and what is expected, as letters: see mitigations(). */
static const struct machine {
	const char *name;
	struct speculation_cpu cpu;
	const char *expected;
} machines[] = {
	{"Bonnell", {VENDOR_INTEL, 6, 0x1c, .lfence_serializes = true}, "jump barrier rsb"},
	{"Silvermont",
	 {VENDOR_INTEL, 6, 0x37, .lfence_serializes = true, .smep = true},
	 "retpoline xpti barrier"},
	{"Nehalem",
	 {VENDOR_INTEL, 6, 0x1a, .lfence_serializes = true},
	 "retpoline xpti barrier rsb l1tf44"},
	{"Haswell",
	 {VENDOR_INTEL, 6, 0x3c, INTEL_MICROCODE, .lfence_serializes = true, .smep = true,
	  .threads = true},
	 "retpoline stibp xpti barrier switch verw l1tf44 threads"},
	{"Skylake-Server, old microcode",
	 {VENDOR_INTEL, 6, 0x55, .lfence_serializes = true, .smep = true},
	 "retpoline xpti barrier l1tf40"},
	{"Skylake-Server",
	 {VENDOR_INTEL, 6, 0x55, INTEL_MICROCODE, .lfence_serializes = true, .smep = true},
	 "jump ibrs-own xpti barrier switch verw l1tf40"},
	{"Goldmont",
	 {VENDOR_INTEL, 6, 0x5c, INTEL_MICROCODE, .lfence_serializes = true, .smep = true},
	 "retpoline xpti barrier switch"},
	{"Cascade Lake",
	 {VENDOR_INTEL, 6, 0x55, NEW_INTEL, .arch_capabilities = NONE_LEFT,
	  .lfence_serializes = true, .smep = true},
	 "jump ibrs-always barrier switch"},
	{"Ice Lake, FB_CLEAR",
	 {VENDOR_INTEL, 6, 0x6a, NEW_INTEL, .arch_capabilities = NONE_LEFT | CAPABILITY_FB_CLEAR,
	  .lfence_serializes = true, .smep = true},
	 "jump ibrs-always barrier switch verw"},
	{"emulated EPYC", {VENDOR_AMD, 0x17, 1, .smep = true}, "retpoline"},
	{"Opteron", {VENDOR_AMD, 0x10, 2, .lfence_serializes = true}, "retpoline barrier rsb"},
	{"Zen 1",
	 {VENDOR_AMD, 0x17, 1, .leaf_80000008_ebx = LEAF_8_IBPB, .lfence_serializes = true,
	  .smep = true},
	 "retpoline barrier entry rsb"},
	{"Hygon",
	 {VENDOR_AMD, 0x18, 0, .leaf_80000008_ebx = LEAF_8_IBPB, .lfence_serializes = true,
	  .smep = true},
	 "retpoline barrier entry rsb"},
	{"Zen 3, old microcode",
	 {VENDOR_AMD, 0x19, 1, .leaf_80000008_ebx = LEAF_8_IBPB | LEAF_8_BTC_NO | LEAF_8_STIBP,
	  .lfence_serializes = true, .smep = true, .threads = true},
	 "retpoline stibp barrier switch"},
	{"Zen 3",
	 {VENDOR_AMD, 0x19, 1, .leaf_80000008_ebx = LEAF_8_IBPB | LEAF_8_BTC_NO,
	  .leaf_80000021_eax = LEAF_21_IBPB_BRANCH_TYPE, .lfence_serializes = true, .smep = true},
	 "retpoline barrier entry rsb"},
	{"Zen 4",
	 {VENDOR_AMD, 0x19, 0x11,
	  .leaf_80000008_ebx = LEAF_8_IBPB | LEAF_8_BTC_NO | LEAF_8_IBPB_RETURN,
	  .leaf_80000021_eax = LEAF_21_IBPB_BRANCH_TYPE | LEAF_21_AUTOMATIC_IBRS,
	  .lfence_serializes = true, .smep = true},
	 "jump automatic barrier entry"},
	{"Zen 5",
	 {VENDOR_AMD, 0x1a, 2, .leaf_80000008_ebx = LEAF_8_IBPB | LEAF_8_BTC_NO,
	  .leaf_80000021_eax = LEAF_21_SRSO_KERNEL_NO | LEAF_21_AUTOMATIC_IBRS,
	  .lfence_serializes = true, .smep = true},
	 "jump automatic barrier switch"},
	{"another maker's", {VENDOR_OTHER, 7, 0x3b, .smep = true}, "retpoline xpti"},
};

static void add(char *words, bool condition, const char *word)
{
	if (!condition)
		return;
	if (*words)
		strcat(words, " ");
	strcat(words, word);
}

static void mitigations(const struct speculation_decision *is, char *words)
{
	uint32_t both = is->spec_ctrl_own & is->spec_ctrl_guest;

	*words = 0;
	add(words, is->thunk == THUNK_RETPOLINE, "retpoline");
	add(words, is->thunk == THUNK_LFENCE, "lfence");
	add(words, is->thunk == THUNK_JUMP, "jump");
	add(words, both & SPEC_CTRL_IBRS, "ibrs-always");
	add(words, (is->spec_ctrl_own & ~both) & SPEC_CTRL_IBRS, "ibrs-own");
	add(words, both & SPEC_CTRL_STIBP, "stibp");
	add(words, is->automatic_ibrs, "automatic");
	add(words, is->xpti, "xpti");
	add(words, is->barrier, "barrier");
	add(words, is->ibpb_entry, "entry");
	add(words, is->rsb_entry, "rsb");
	add(words, is->ibpb_switch, "switch");
	add(words, is->verw_exit, "verw");
	add(words, is->l1tf_others && is->l1tf_limit == 1ull << 43, "l1tf44");
	add(words, is->l1tf_others && is->l1tf_limit == 1ull << 39, "l1tf40");
	add(words, is->threads_leak, "threads");
}

static unsigned int complaints;

static void complain(const char *why, const char *word)
{
	(void)why;
	(void)word;
	complaints++;
}

static void decide(const struct machine *machine, const char *spec_ctrl, const char *xpti,
		   const char *pv_l1tf, char *words)
{
	struct speculation_cpu cpu = machine->cpu;
	struct speculation_options options;
	struct speculation_decision decision;

	cpu.physical_bits = 40;
	speculation_options_parse(&options, spec_ctrl, xpti, pv_l1tf, complain);
	decision = speculation_decide(&cpu, &options);
	mitigations(&decision, words);
}

static void test_speculation_machines(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(machines); i++) {
		char words[200], why[500];

		decide(&machines[i], "", "auto", "", words);
		snprintf(why, sizeof(why), "%s: %s, not %s", machines[i].name, words,
			 machines[i].expected);
		if (strcmp(words, machines[i].expected) != 0)
			check_fail(__FILE__, __LINE__, why);
	}
	EXPECT_EQUAL(complaints, 0);
}

static const struct machine *machine_named(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].name, name))
			return &machines[i];
	return NULL;
}

static void test_speculation_options(void)
{
	static const struct {
		const char *machine, *spec_ctrl, *xpti, *l1tf, *expected;
		unsigned int complaints;
	} cases[] = {
		{"Skylake-Server", "no", "", "", "jump", 0},
		{"Skylake-Server", "off", "on", "domu", "jump xpti l1tf40", 0},
		{"Skylake-Server", "xen=no", "", "", "jump", 0},
		{"Skylake-Server", "yes", "", "", "jump ibrs-own xpti barrier switch verw l1tf40",
		 0},
		{"Skylake-Server", "ibrs=no", "", "", "retpoline xpti barrier switch verw l1tf40",
		 0},
		{"Skylake-Server", "no-ibpb,md-clear=off,branch-harden=0", "no", "no",
		 "jump ibrs-own", 0},
		{"Skylake-Server", "bti-thunk=lfence,no", "", "", "lfence", 0},
		{"Skylake-Server", "", "off", "dom0=no,domu=no",
		 "jump ibrs-own barrier switch verw", 0},
		{"emulated EPYC", "", "on", "on", "retpoline xpti l1tf40", 0},
		{"emulated EPYC", "rsb", "default", "", "retpoline rsb", 0},
		{"emulated EPYC", "ibpb-entry,ibrs", "", "", "retpoline", 0},
		{"emulated EPYC", "ssbd,bti-thunk=x,l1d-flush=no,ibrs=maybe", "dom0", "hvm",
		 "retpoline", 6},
		{"Zen 1", "ibpb-entry=no", "", "", "retpoline barrier switch", 0},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct machine *machine = machine_named(cases[i].machine);
		char words[200], why[500];

		EXPECT(machine != NULL);
		complaints = 0;
		decide(machine, cases[i].spec_ctrl, cases[i].xpti, cases[i].l1tf, words);
		snprintf(why, sizeof(why), "%s with %s: %s, not %s", cases[i].machine,
			 cases[i].spec_ctrl, words, cases[i].expected);
		if (strcmp(words, cases[i].expected) != 0)
			check_fail(__FILE__, __LINE__, why);
		EXPECT_EQUAL(complaints, cases[i].complaints);
	}
}

/* dom0's own choice is not other guests'. */
static void test_speculation_l1tf(void)
{
	struct speculation_options options;
	struct speculation_decision decision;
	struct speculation_cpu cpu = machine_named("Nehalem")->cpu;

	cpu.physical_bits = 40;
	speculation_options_parse(&options, "", "", "dom0=no", complain);
	decision = speculation_decide(&cpu, &options);
	EXPECT(!decision.l1tf_control && decision.l1tf_others);
}

static void test_speculation_lacks(void)
{
	struct speculation_options options;
	struct speculation_decision decision;
	struct speculation_cpu cpu = machine_named("Skylake-Server, old microcode")->cpu;

	cpu.physical_bits = 46;
	speculation_options_parse(&options, "", "", "", complain);
	decision = speculation_decide(&cpu, &options);
	EXPECT(decision.lacks_ibrs && decision.lacks_ibpb && decision.lacks_md_clear);
	EXPECT(speculation_guards_entry(&decision));
	speculation_options_parse(&options, "no", "", "", complain);
	decision = speculation_decide(&cpu, &options);
	EXPECT(!decision.lacks_ibrs && !decision.lacks_ibpb && !decision.lacks_md_clear);
	EXPECT(!speculation_guards_entry(&decision));
}

int main(void)
{
	RUN(test_speculation_machines);
	RUN(test_speculation_options);
	RUN(test_speculation_l1tf);
	RUN(test_speculation_lacks);
	return check_result();
}
