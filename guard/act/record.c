/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/act/record.h"

#include <errno.h>
#include <json-c/json.h>
#include <sys/random.h>

#include "guard/act/act.h"
#include "guard/act/records.h"
#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "policy/json-scan.h"
#include "policy/text.h"

#define NAMES_MAX  4096
#define KEPT	   200
#define KEPT_NOTES 100

static const struct dg_folder folder = {.base = "/var/lib",
					.below = "driftguard/actions"};

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

int dg_action_write(const struct dg_root *root, const struct dg_action *action,
		    char **ret_why)
{
	DG_CLEANUP(json_drop) struct json_object *json = dg_action_encode(action);
	DG_FREE char *name = dg_format("%s.json", dg_get(&action->id));
	DG_FREE char *text = NULL;
	const char *plain = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			      JSON_C_TO_STRING_NOSLASHESCAPE);

	text = plain ? dg_format("%s\n", plain) : NULL;
	if (!text || !name)
		return -ENOMEM;
	if (strlen(text) > DG_ACTION_FILE_MAX) {
		*ret_why = dg_format("the record of the action would be larger than "
				     "what is read of one");
		return -EFBIG;
	}
	return dg_root_write(root, &folder, name, text, strlen(text), 0644, ret_why);
}

void dg_action_drop(const struct dg_root *root, const struct dg_action *action)
{
	DG_FREE char *name = dg_format("%s.json", dg_get(&action->id));
	DG_FREE char *why = NULL;

	if (name)
		dg_root_remove(root, &folder, name, &why);
}

int dg_act_write(struct dg_act *act, char **ret_why)
{
	return dg_action_write(act->request->root, act->action, ret_why);
}

/* --- reading --- */

static bool is_record(const char *name)
{
	return dg_ends_with(name, ".json") &&
	       dg_is_action_id(name, strlen(name) - strlen(".json"));
}

static int decode(const char *data, size_t size, struct dg_action **ret, char **ret_why)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct dg_json_error error = {0};
	int r = dg_json_parse(data, size, 0, &json, NULL, &error);

	if (r == -EBADMSG || r == -EFBIG)
		*ret_why = dg_format("line %u, column %u: %s", error.line, error.column,
				     error.message);
	return r < 0 ? r : dg_action_decode(json, ret, ret_why);
}

static int read_one(const struct dg_root *root, const char *name, struct dg_action **ret,
		    char **ret_why)
{
	DG_FREE char *path = dg_format("%s/%s", DG_ACTIONS_DIR, name);
	DG_FREE char *data = NULL, *why = NULL;
	size_t size;
	int r = path ? dg_root_read(root, path, DG_ACTION_FILE_MAX, &data, &size)
		     : -ENOMEM;

	if (r == 0)
		r = decode(data, size, ret, &why);
	if (r < 0)
		*ret_why = dg_format("whether an action is unfinished cannot be told: "
				     "%s: %s; look at it, and move it away",
				     path ? path : name, why ? why : dg_errno_words(r));
	return r;
}

static int list_names(const struct dg_root *root, char ***ret, char **ret_why)
{
	int r = dg_root_list(root, DG_ACTIONS_DIR, NAMES_MAX, ret, NULL);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		*ret_why = dg_format("whether an action is unfinished cannot be told: "
				     "%s: %s",
				     DG_ACTIONS_DIR, dg_errno_words(r));
	return r;
}

/* Names are in the order of their times. */
int dg_action_find_open(const struct dg_root *root, struct dg_action **ret,
			char **ret_why)
{
	DG_NAMES_FREE char **names = NULL;
	int r = list_names(root, &names, ret_why);

	*ret = NULL;
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	for (char **name = names; *name; name++) {
		DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;

		if (!is_record(*name))
			continue;
		r = read_one(root, *name, &action, ret_why);
		if (r == -ENOENT) { /* another run has removed it */
			free(DG_STEAL(*ret_why));
			continue;
		}
		if (r < 0)
			return r;
		if (dg_action_is_open(action)) {
			*ret = DG_STEAL(action);
			return 0;
		}
	}
	return 0;
}

int dg_action_find(const struct dg_root *root,
		   bool (*wanted)(const struct dg_action *action, const void *arg),
		   const void *arg, struct dg_action **ret)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *unlisted = NULL;
	size_t n = 0;
	int r = list_names(root, &names, &unlisted);

	*ret = NULL;
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	while (names[n])
		n++;
	while (n-- > 0) {
		DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;
		DG_FREE char *why = NULL;

		if (!is_record(names[n]) || read_one(root, names[n], &action, &why) < 0 ||
		    !wanted(action, arg))
			continue;
		*ret = DG_STEAL(action);
		return 0;
	}
	return 0;
}

/* --- ids --- */

/* Of a number the upper part counts, the lower is random: runs that do not wait for each
 * other must not take the same. */
#define RANDOM_BITS 20

int dg_action_number(const struct dg_root *root, int64_t time, uint32_t *ret)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *unlisted = NULL;
	size_t stem = sizeof("20260603T071244Z-") - 1;
	uint32_t count = 0, random;
	char id[DG_ACTION_ID_SIZE];
	int r = list_names(root, &names, &unlisted);

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	dg_action_id(time, 0, id);
	/* Where they cannot be listed none can be written either. */
	for (char **name = names; r >= 0 && *name; name++) {
		uint32_t above;

		if (!is_record(*name) || strncmp(*name, id, stem) != 0)
			continue;
		above = (uint32_t)(strtoul(*name + stem, NULL, 16) >> RANDOM_BITS) + 1;
		if (above > count)
			count = above;
	}
	if (count > UINT32_MAX >> RANDOM_BITS)
		count = UINT32_MAX >> RANDOM_BITS;
	*ret = count << RANDOM_BITS | (random & ((UINT32_C(1) << RANDOM_BITS) - 1));
	return 0;
}

/* --- retention --- */

/* Records of runs that did nothing, which a timer makes every day, must not crowd out
 * those of what was done: each kind has its own number. */
struct kept {
	size_t notes, actions;
};

static bool is_note(const struct dg_action *action)
{
	const char *outcome = dg_get(&action->outcome);

	return dg_streq(outcome, "dry-run") || dg_streq(outcome, "nothing") ||
	       dg_streq(outcome, "refused");
}

/* Count a record, and remove it if that was one too many. */
static void keep_or_remove(const struct dg_root *root, const char *name,
			   struct kept *kept)
{
	DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;
	DG_FREE char *why = NULL;

	if (read_one(root, name, &action, &why) < 0 || dg_action_is_open(action))
		return;
	if (is_note(action) ? ++kept->notes > KEPT_NOTES : ++kept->actions > KEPT)
		dg_root_remove(root, &folder, name, &why);
}

/* What cannot be removed is no reason to fail. */
void dg_actions_retain(const struct dg_root *root)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *why = NULL;
	struct kept kept = {0};
	size_t count = 0;

	if (list_names(root, &names, &why) < 0)
		return;
	while (names[count])
		count++;
	/* Nearly always; only then are they read, the newest first. */
	if (count <= KEPT_NOTES)
		return;
	while (count-- > 0)
		if (is_record(names[count]))
			keep_or_remove(root, names[count], &kept);
}
