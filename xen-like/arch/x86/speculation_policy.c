/* SPDX-License-Identifier: MIT */
/*
 * xen-like/arch/x86/speculation_policy.c - see speculation_policy.h.
 *
 * Facts: the bits are the CPU manuals'; which models have a flaw are the
 * vendors' published lists (Intel: "Affected Processors"; AMD: bulletins 1037
 * and 7005), for models made before a bit could say so.
 */
#include "xen-like/arch/x86/speculation_policy.h"
#include "xen-like/base/string.h"

/* Options -------------------------------------------------------------------------- */

static bool word_is(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && !strncmp(word, name, length);
}

static enum choice choice_of(const char *text, size_t length)
{
	static const char *const yes[] = {"", "1", "yes", "on", "true", "enable"};
	static const char *const no[] = {"0", "no", "off", "false", "disable"};

	for (unsigned int i = 0; i < ARRAY_SIZE(yes); i++)
		if (word_is(text, length, yes[i]))
			return CHOICE_YES;
	for (unsigned int i = 0; i < ARRAY_SIZE(no); i++)
		if (word_is(text, length, no[i]))
			return CHOICE_NO;
	return CHOICE_AUTO;
}

struct named_choice {
	const char *name;
	size_t at;
};
#define CHOICE(name, field)                                                                        \
	{                                                                                          \
		name, offsetof(struct speculation_options, field)                                  \
	}

static const struct named_choice spec_ctrl_words[] = {
	CHOICE("ibrs", ibrs),
	CHOICE("ibpb", ibpb),
	CHOICE("rsb", rsb),
	CHOICE("md-clear", md_clear),
	CHOICE("ibpb-entry", ibpb_entry),
	CHOICE("branch-harden", branch_harden),
};

static const struct named_choice pv_l1tf_words[] = {
	CHOICE("dom0", l1tf_control),
	CHOICE("domu", l1tf_others),
};

static bool set_named(struct speculation_options *options, const struct named_choice *words,
		      unsigned int count, const char *word, size_t length)
{
	enum choice choice = CHOICE_YES;
	size_t name = 0;

	while (name < length && word[name] != '=')
		name++;
	if (name < length)
		choice = choice_of(word + name + 1, length - name - 1);
	else if (length > 3 && !strncmp(word, "no-", 3)) {
		choice = CHOICE_NO;
		word += 3;
		name -= 3;
	}
	if (choice == CHOICE_AUTO)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		if (!word_is(word, name, words[i].name))
			continue;
		memcpy((char *)options + words[i].at, &choice, sizeof(choice));
		return true;
	}
	return false;
}

static bool set_thunk(struct speculation_options *options, const char *word, size_t length)
{
	static const char *const names[] = {"bti-thunk=retpoline", "bti-thunk=lfence",
					    "bti-thunk=jmp"};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!word_is(word, length, names[i]))
			continue;
		options->thunk = (enum thunk)(THUNK_RETPOLINE + i);
		return true;
	}
	return false;
}

/* Everything off but what was asked for by a word of its own. */
static void all_off(struct speculation_options *options)
{
	options->thunk = options->thunk == THUNK_AUTO ? THUNK_JUMP : options->thunk;
	for (size_t at = offsetof(struct speculation_options, xpti); at < sizeof(*options);
	     at += sizeof(enum choice)) {
		enum choice *choice = (enum choice *)((char *)options + at);

		*choice = *choice == CHOICE_AUTO ? CHOICE_NO : *choice;
	}
}

static bool set_spec_ctrl(struct speculation_options *options, const char *word, size_t length)
{
	/* xen=, pv=: the hypervisor's own and for paravirtual guests; all of it here. */
	if (!strncmp(word, "xen=", 4) && length > 4) {
		word += 4;
		length -= 4;
	}
	if (length > 0 && choice_of(word, length) == CHOICE_NO)
		all_off(options);
	else if (length == 0 || choice_of(word, length) == CHOICE_AUTO)
		return set_thunk(options, word, length) ||
		       set_named(options, spec_ctrl_words, ARRAY_SIZE(spec_ctrl_words), word,
				 length);
	return true;
}

static bool set_xpti(struct speculation_options *options, const char *word, size_t length)
{
	options->xpti = choice_of(word, length);
	return options->xpti != CHOICE_AUTO || word_is(word, length, "auto") ||
	       word_is(word, length, "default");
}

static bool set_pv_l1tf(struct speculation_options *options, const char *word, size_t length)
{
	enum choice choice = choice_of(word, length);

	if (choice == CHOICE_AUTO)
		return set_named(options, pv_l1tf_words, ARRAY_SIZE(pv_l1tf_words), word, length);
	options->l1tf_control = options->l1tf_others = choice;
	return true;
}

static void each_word(struct speculation_options *options, const char *text,
		      bool (*set)(struct speculation_options *, const char *, size_t),
		      void (*complaint)(const char *why, const char *word), const char *why)
{
	while (*text) {
		const char *comma = strchr(text, ',');
		size_t length = comma ? (size_t)(comma - text) : strlen(text);

		if (!set(options, text, length))
			complaint(why, text);
		text += length + (comma != NULL);
	}
}

void speculation_options_parse(struct speculation_options *options, const char *spec_ctrl,
			       const char *xpti, const char *pv_l1tf,
			       void (*complaint)(const char *why, const char *word))
{
	*options = (struct speculation_options){.thunk = THUNK_AUTO};
	each_word(options, xpti, set_xpti, complaint, "unknown part of xpti=");
	each_word(options, pv_l1tf, set_pv_l1tf, complaint, "unknown part of pv-l1tf=");
	each_word(options, spec_ctrl, set_spec_ctrl, complaint, "unknown part of spec-ctrl=");
}

/* Models of Intel's ------------------------------------------------------------------ */

enum {
	IN_ORDER = 1,	       /* does not speculate                                   */
	NO_L1TF = 2,	       /* no L1 terminal fault, though RDCL_NO cannot say so    */
	NO_MDS = 4,	       /* nor microarchitectural data sampling                 */
	RETURNS_FALL_BACK = 8, /* an empty return stack asks the branch predictor      */
	CACHE_BITS_44 = 16,    /* the cache compares 44 bits whatever CPUID says       */
};

/* clang-format off */
static const struct {
	uint8_t model, marks;
} intel_models[] = {
	/* Bonnell, Saltwell */
	{0x1c, IN_ORDER}, {0x26, IN_ORDER}, {0x27, IN_ORDER}, {0x35, IN_ORDER}, {0x36, IN_ORDER},
	/* Silvermont, Airmont, Knights */
	{0x37, NO_L1TF}, {0x4a, NO_L1TF}, {0x4c, NO_L1TF}, {0x4d, NO_L1TF}, {0x5a, NO_L1TF},
	{0x5d, NO_L1TF}, {0x65, NO_L1TF}, {0x6e, NO_L1TF}, {0x75, NO_L1TF}, {0x57, NO_L1TF},
	{0x85, NO_L1TF},
	/* Goldmont, Tremont */
	{0x5c, NO_L1TF | NO_MDS}, {0x5f, NO_L1TF | NO_MDS}, {0x7a, NO_L1TF | NO_MDS},
	{0x86, NO_L1TF | NO_MDS}, {0x96, NO_L1TF | NO_MDS}, {0x9c, NO_L1TF | NO_MDS},
	/* Nehalem, Westmere, Sandy and Ivy Bridge, Haswell, Broadwell */
	{0x1a, CACHE_BITS_44}, {0x1e, CACHE_BITS_44}, {0x1f, CACHE_BITS_44}, {0x2e, CACHE_BITS_44},
	{0x25, CACHE_BITS_44}, {0x2c, CACHE_BITS_44}, {0x2f, CACHE_BITS_44},
	{0x2a, CACHE_BITS_44}, {0x2d, CACHE_BITS_44}, {0x3a, CACHE_BITS_44}, {0x3e, CACHE_BITS_44},
	{0x3c, CACHE_BITS_44}, {0x3f, CACHE_BITS_44}, {0x45, CACHE_BITS_44}, {0x46, CACHE_BITS_44},
	{0x3d, CACHE_BITS_44}, {0x47, CACHE_BITS_44},
	/* Skylake and its kin */
	{0x4e, CACHE_BITS_44 | RETURNS_FALL_BACK}, {0x5e, CACHE_BITS_44 | RETURNS_FALL_BACK},
	{0x8e, CACHE_BITS_44 | RETURNS_FALL_BACK}, {0x9e, CACHE_BITS_44 | RETURNS_FALL_BACK},
	{0x55, RETURNS_FALL_BACK}, {0x66, RETURNS_FALL_BACK}, {0xa5, RETURNS_FALL_BACK},
	{0xa6, RETURNS_FALL_BACK},
};
/* clang-format on */

static unsigned int intel_marks(const struct speculation_cpu *cpu)
{
	unsigned int marks = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(intel_models); i++)
		if (cpu->family == 6 && intel_models[i].model == cpu->model)
			marks = intel_models[i].marks;
	if (cpu->arch_capabilities & (CAPABILITY_RSB_ALTERNATE | CAPABILITY_RSB_RESTRICTED))
		marks |= RETURNS_FALL_BACK;
	return marks;
}

/* Flaws ---------------------------------------------------------------------------- */

static void find_flaws(const struct speculation_cpu *cpu, struct speculation_decision *decision)
{
	unsigned int marks = intel_marks(cpu);
	uint64_t said = cpu->arch_capabilities;

	if (cpu->vendor == VENDOR_AMD)
		return;
	if (cpu->vendor == VENDOR_OTHER) {
		/* Nobody says that it has none: what costs only time is taken. */
		decision->meltdown = true;
		return;
	}
	if (marks & IN_ORDER)
		return;
	decision->meltdown = !(said & CAPABILITY_RDCL_NO);
	decision->l1tf = !(said & CAPABILITY_RDCL_NO) && !(marks & NO_L1TF);
	decision->mds = !(said & CAPABILITY_MDS_NO) && !(marks & NO_MDS);
}

/* Zen 1 and 2 confuse branch types; Zen 1 to 4 can be led astray at a return. */
static bool returns_need_ibpb(const struct speculation_cpu *cpu)
{
	if (cpu->vendor != VENDOR_AMD)
		return false;
	if (cpu->leaf_80000021_eax & (LEAF_21_SRSO_NO | LEAF_21_SRSO_KERNEL_NO))
		return false;
	if (cpu->family == 0x17 || cpu->family == 0x18)
		return !(cpu->leaf_80000008_ebx & LEAF_8_BTC_NO);
	/* Before its microcode could flush branch types, an IBPB there was no help. */
	return cpu->family == 0x19 && (cpu->leaf_80000021_eax & LEAF_21_IBPB_BRANCH_TYPE);
}

/* Decisions ------------------------------------------------------------------------- */

static bool chosen(enum choice choice, bool otherwise)
{
	return choice == CHOICE_AUTO ? otherwise : choice == CHOICE_YES;
}

/* Branch predictors: IBRS where the CPU has a good one, trampolines elsewhere. */
static void decide_branches(const struct speculation_cpu *cpu,
			    const struct speculation_options *options,
			    struct speculation_decision *decision)
{
	bool intel = cpu->vendor == VENDOR_INTEL;
	unsigned int marks = intel ? intel_marks(cpu) : 0;
	bool can = intel && (cpu->leaf_7_edx & LEAF_7_IBRS_IBPB);
	bool always = can && (cpu->arch_capabilities & CAPABILITY_IBRS_ALL);
	bool automatic = !intel && (cpu->leaf_80000021_eax & LEAF_21_AUTOMATIC_IBRS);
	bool wanted = always || automatic || ((marks & RETURNS_FALL_BACK) && !(marks & IN_ORDER));
	bool stibp = (intel && (cpu->leaf_7_edx & LEAF_7_STIBP)) ||
		     (!intel && (cpu->leaf_80000008_ebx & LEAF_8_STIBP));

	wanted = chosen(options->ibrs, wanted);
	decision->automatic_ibrs = wanted && automatic;
	decision->lacks_ibrs = wanted && !can && !automatic;
	if (wanted && can)
		decision->spec_ctrl_own = SPEC_CTRL_IBRS;
	if (always)
		decision->spec_ctrl_guest = decision->spec_ctrl_own;
	if (stibp && cpu->threads && options->ibrs != CHOICE_NO) {
		decision->spec_ctrl_own |= SPEC_CTRL_STIBP;
		decision->spec_ctrl_guest |= SPEC_CTRL_STIBP;
	}
	decision->thunk = options->thunk;
	if (decision->thunk == THUNK_AUTO)
		decision->thunk = (wanted && (can || automatic)) || (marks & IN_ORDER)
					  ? THUNK_JUMP
					  : THUNK_RETPOLINE;
}

static void decide_barriers(const struct speculation_cpu *cpu,
			    const struct speculation_options *options,
			    struct speculation_decision *decision)
{
	bool ibpb = (cpu->vendor == VENDOR_INTEL && (cpu->leaf_7_edx & LEAF_7_IBRS_IBPB)) ||
		    (cpu->leaf_80000008_ebx & LEAF_8_IBPB);
	bool entry = chosen(options->ibpb_entry, returns_need_ibpb(cpu));
	bool switching = chosen(options->ibpb, true);

	decision->ibpb_entry = entry && ibpb;
	decision->ibpb_switch = switching && ibpb && !decision->ibpb_entry;
	decision->lacks_ibpb = (entry || switching) && !ibpb;
	/* Returns guessed to lead into guests' pages stop at SMEP; AMD's IBPB keeps them. */
	decision->rsb_entry = chosen(
		options->rsb, !cpu->smep || (decision->ibpb_entry &&
					     !(cpu->leaf_80000008_ebx & LEAF_8_IBPB_RETURN)));
	decision->barrier = chosen(options->branch_harden, true) && cpu->lfence_serializes;
}

struct speculation_decision speculation_decide(const struct speculation_cpu *cpu,
					       const struct speculation_options *options)
{
	struct speculation_decision decision = {.thunk = THUNK_AUTO};
	bool clears = cpu->leaf_7_edx & LEAF_7_MD_CLEAR;
	bool buffers = cpu->vendor == VENDOR_INTEL &&
		       (cpu->arch_capabilities & (CAPABILITY_FB_CLEAR | CAPABILITY_RFDS_CLEAR));
	uint8_t bits = cpu->physical_bits;

	find_flaws(cpu, &decision);
	decide_branches(cpu, options, &decision);
	decide_barriers(cpu, options, &decision);
	decision.xpti = chosen(options->xpti, decision.meltdown);
	decision.verw_exit =
		chosen(options->md_clear, decision.mds || buffers) && (clears || buffers);
	decision.lacks_md_clear = decision.mds && options->md_clear != CHOICE_NO && !clears;
	if (cpu->vendor == VENDOR_INTEL && (intel_marks(cpu) & CACHE_BITS_44) && bits < 44)
		bits = 44;
	decision.l1tf_limit = 1ull << (bits - 1);
	/* dom0 reaches all memory by DMA anyway. */
	decision.l1tf_control = chosen(options->l1tf_control, false);
	decision.l1tf_others = chosen(options->l1tf_others, decision.l1tf);
	decision.threads_leak = cpu->threads && (decision.l1tf || decision.mds);
	return decision;
}

bool speculation_guards_entry(const struct speculation_decision *decision)
{
	return decision->xpti || decision->barrier || decision->ibpb_entry || decision->rsb_entry ||
	       decision->verw_exit || decision->spec_ctrl_own != decision->spec_ctrl_guest;
}
