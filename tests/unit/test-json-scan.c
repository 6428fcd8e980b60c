/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <json-c/json.h>
#include "policy/json-scan.h"
#include "policy/text.h"

#define BYTES(s) .text = (s), .size = sizeof(s) - 1

static void value_free(struct json_object *value)
{
	json_object_put(value);
}
DG_DEFINE_CLEANUP(struct json_object *, value_free);

/* The text in memory of its exact size, so that the sanitizer sees a read past it. */
static int parse_exact(const char *text, size_t size, unsigned flags,
		       struct json_object **ret_value, struct dg_json_error *err)
{
	DG_FREE char *exact = malloc(size + !size);

	memcpy(exact, text, size);
	return dg_json_parse(exact, size, flags, ret_value, NULL, err);
}

static const struct {
	const char *text;
	size_t size;
	const char *value; /* as json-c writes it; the same text where NULL */
} good[] = {
	{BYTES("{}")},
	{BYTES("[]")},
	{BYTES("null")},
	{BYTES("true")},
	{BYTES("-0"), "0"},
	{BYTES("12")},
	{BYTES(" \t\r\n12\n"), "12"},
	{BYTES("\"\"")},
	{BYTES("9223372036854775807")},
	{BYTES("-9223372036854775808")},
	{BYTES("1e5")},
	{BYTES("0.5E-3")},
	{BYTES("9.99e307")},
	{BYTES("0e999999999999999999999")},
	{BYTES("1e-999999999999999999999")},
	{BYTES("0.0001e310")},
	{BYTES("[1,2,[3,{\"a\":null}]]")},
	{BYTES("{\"a\":{\"a\":1},\"b\":{\"a\":2}}")},
	{BYTES("\"\\u00e9\\ud83d\\udc27\\/\\n\""), "\"\xc3\xa9\xf0\x9f\x90\xa7/\\n\""},
	{BYTES("{\"a\":1,\"A\":2,\"a \":3,\"\":4}")},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(good); i++) {
		DG_CLEANUP(value_freep) struct json_object *value = NULL;
		struct dg_json_error err;

		print_message("%s\n", good[i].text);
		if (parse_exact(good[i].text, good[i].size, 0, &value, &err) != 0)
			fail_msg("%u:%u: %s", err.line, err.column, err.message);
		assert_string_equal(json_object_to_json_string_ext(
					    value, JSON_C_TO_STRING_NOSLASHESCAPE),
				    good[i].value ? good[i].value : good[i].text);
	}
}

static const struct {
	const char *text;
	size_t size;
	unsigned line, column;
	const char *message; /* a part of it */
} bad[] = {
	{BYTES(""), 1, 1, "ends too early"},
	{BYTES("  \n "), 2, 2, "ends too early"},
	{BYTES("\0"), 1, 1, "value is missing"},
	{BYTES("{}\0"), 1, 3, "text follows"},
	{BYTES("{} {}"), 1, 4, "text follows"},
	{BYTES("{}]"), 1, 3, "text follows"},
	{BYTES("1 2"), 1, 3, "text follows"},
	{BYTES("\xef\xbb\xbf{}"), 1, 1, "byte order mark"},
	{BYTES("{\"a\":1,\n \"b\":2,\n \"a\":3}"), 3, 2, "\"a\" stands twice"},
	{BYTES("{\"a\":1,\n \"b\":2,\n \"a\":3}"), 3, 2, "line 1"},
	{BYTES("{\"a/\":1,\"\\u0061\\/\":2}"), 1, 9, "\"a/\" stands twice"},
	{BYTES("{\"b\":1,\"c\":0,\"a\":1,\"a\":2,\"c\":0,\"b\":2}"), 1, 20, "\"a\""},
	{BYTES("{\"\":1,\"\":2}"), 1, 7, "\"\" stands twice"},
	{BYTES("{\"\\u001b\":1,\"\\u001B\":2}"), 1, 13, "\"?\" stands twice"},
	{BYTES("{'a':1}"), 1, 2, "key in double quotes"},
	{BYTES("{a:1}"), 1, 2, "key in double quotes"},
	{BYTES("{1:1}"), 1, 2, "key in double quotes"},
	{BYTES("['a']"), 1, 2, "double quotes"},
	{BYTES("[NaN]"), 1, 2, "NaN"},
	{BYTES("[Infinity]"), 1, 2, "Infinity"},
	{BYTES("[-Infinity]"), 1, 2, "digit behind its sign"},
	{BYTES("[nul]"), 1, 2, "word"},
	{BYTES("[True]"), 1, 2, "word"},
	{BYTES("[nullx]"), 1, 2, "word"},
	{BYTES("[yes]"), 1, 2, "word"},
	{BYTES("[1,]"), 1, 4, "behind the last"},
	{BYTES("{\"a\":1,}"), 1, 8, "behind the last"},
	{BYTES("[,1]"), 1, 2, "value is missing"},
	{BYTES("[1,,2]"), 1, 4, "value is missing"},
	{BYTES("[1 2]"), 1, 4, "\",\" or \"]\""},
	{BYTES("[1}"), 1, 3, "\",\" or \"]\""},
	{BYTES("{\"a\":1]"), 1, 7, "\",\" or \"}\""},
	{BYTES("{\"a\" 1}"), 1, 6, "\":\""},
	{BYTES("{\"a\":}"), 1, 6, "value is missing"},
	{BYTES("{\"a\""), 1, 5, "ends too early"},
	{BYTES("{"), 1, 2, "ends too early"},
	{BYTES("[1"), 1, 3, "ends too early"},
	{BYTES("01"), 1, 1, "start with 0"},
	{BYTES("-01"), 1, 1, "start with 0"},
	{BYTES("+1"), 1, 1, "digit or \"-\""},
	{BYTES(".5"), 1, 1, "digit or \"-\""},
	{BYTES("-"), 1, 1, "behind its sign"},
	{BYTES("1."), 1, 1, "behind its point"},
	{BYTES("1.e5"), 1, 1, "behind its point"},
	{BYTES("1e"), 1, 1, "exponent"},
	{BYTES("1e+"), 1, 1, "exponent"},
	{BYTES("0x10"), 1, 1, "not a number"},
	{BYTES("1_000"), 1, 1, "not a number"},
	{BYTES("1.5.2"), 1, 1, "not a number"},
	{BYTES("9223372036854775808"), 1, 1, "64 bits"},
	{BYTES("-9223372036854775809"), 1, 1, "64 bits"},
	{BYTES("10000000000000000000"), 1, 1, "64 bits"},
	{BYTES("1e308"), 1, 1, "too large"},
	{BYTES("-1e99999999999999999999"), 1, 1, "too large"},
	{BYTES("0.0001e313"), 1, 1, "too large"},
	{BYTES("\"a"), 1, 1, "no end"},
	{BYTES("\"a\\\""), 1, 1, "no end"},
	{BYTES("\"a\nb\""), 1, 3, "line ends"},
	{BYTES("\"a\tb\""), 1, 3, "control character"},
	{BYTES("\"a\0b\""), 1, 3, "control character"},
	{BYTES("\"\\x41\""), 1, 2, "escape"},
	{BYTES("\"\\'\""), 1, 2, "escape"},
	{BYTES("\"\\"), 1, 2, "escape"},
	{BYTES("\"\\u12\""), 1, 2, "hexadecimal"},
	{BYTES("\"\\u12g4\""), 1, 2, "hexadecimal"},
	{BYTES("\"\\u0000\""), 1, 2, "u0000"},
	{BYTES("\"\\ud800\""), 1, 2, "surrogate"},
	{BYTES("\"\\udc00\""), 1, 2, "surrogate"},
	{BYTES("\"\\ud800\\ud800\""), 1, 2, "surrogate"},
	{BYTES("\"\\ud800\\u00\""), 1, 2, "surrogate"},
	{BYTES("\"\xc3\xa9\xff\""), 1, 3, "UTF-8"},
	{BYTES("\"\xed\xa0\x80\""), 1, 2, "UTF-8"},
	{BYTES("\"\xc0\x80\""), 1, 2, "UTF-8"},
	{BYTES("\"\xe2\x82"), 1, 2, "UTF-8"},
	{BYTES("/* x */ {}"), 1, 1, "comments are not allowed"},
	{BYTES("{} // x"), 1, 4, "comments are not allowed"},
	{BYTES("\v1"), 1, 1, "value is missing"},
	{BYTES("\xc2\xa0"), 1, 1, "value is missing"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(bad); i++) {
		struct json_object *value = (struct json_object *)&bad;
		struct dg_json_error err;

		print_message("%s\n", bad[i].text);
		assert_int_equal(parse_exact(bad[i].text, bad[i].size, 0, &value, &err),
				 -EBADMSG);
		print_message("  %u:%u: %s\n", err.line, err.column, err.message);
		assert_ptr_equal(value, &bad);
		assert_non_null(strstr(err.message, bad[i].message));
		assert_int_equal(err.line, bad[i].line);
		assert_int_equal(err.column, bad[i].column);
		assert_true(dg_text_is_clean(err.message, strlen(err.message)));
		assert_int_equal(
			dg_json_parse(bad[i].text, bad[i].size, 0, &value, NULL, NULL),
			-EBADMSG);
	}
}

static const char document[] = "// The policy of \xc3\xa9t\xc3\xa9\n"
			       "{ /* one,\n"
			       "     two */ \"schema\": \"//not a comment\",\n"
			       "  \"checks\": {\n"
			       "    \"pin-stale\": {\"severity\": \"warning\"},\n"
			       "    \"kernel-age-skew\":\n"
			       "      { \"severity\": /**/ \"notice\" },\n"
			       "    \"a/b~c\\u00e9\": 1, \"\": 2, \"~1\": 3\n"
			       "  }, // 9\n"
			       "  \"waivers\": [\n"
			       "    {\"id\": 1},\n"
			       "    {\"id\": 2,\n"
			       "     \"hosts\": [\"a\",\n"
			       "       [], \"c\"]}\n"
			       "  ]\n"
			       "}//";

static void test_comments(void **state)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct dg_json_error err;
	const char *text;
	size_t n = sizeof(document) - 1;
	static const char *const unfinished[] = {"{} /*", "{} /*/", "{}/* *", "{}/", "/"};

	(void)state;
	assert_int_equal(dg_json_scan_new(document, n, n, DG_JSON_COMMENTS, &scan, &err),
			 0);
	text = dg_json_text(scan);
	assert_int_equal(strlen(text), n);
	assert_null(strstr(text, "/*"));
	assert_non_null(strstr(text, "//not a comment"));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(text[i] == '\n', document[i] == '\n');
	assert_int_equal(dg_json_line(scan, "/checks"), 0); /* no lines were asked for */
	for (size_t i = 0; i < DG_COUNT(unfinished); i++) {
		struct json_object *value;

		assert_int_equal(parse_exact(unfinished[i], strlen(unfinished[i]),
					     DG_JSON_COMMENTS, &value, &err),
				 -EBADMSG);
		assert_int_equal(err.line, 1);
	}
	assert_int_equal(
		dg_json_scan_new("/*\xff*/1", 6, 6, DG_JSON_COMMENTS, &scan, &err),
		-EBADMSG);
	assert_int_equal(err.column, 3);
}

static void test_lines(void **state)
{
	static const struct {
		const char *pointer;
		unsigned line;
	} cases[] = {
		{"", 2},
		{"/schema", 3},
		{"/checks", 4},
		{"/checks/pin-stale/severity", 5},
		{"/checks/kernel-age-skew", 6},
		{"/checks/kernel-age-skew/severity", 7},
		{"/checks/a~1b~0c\xc3\xa9", 8},
		{"/checks/", 8},
		{"/checks/~01", 8},
		{"/waivers/0", 11},
		{"/waivers/1/id", 12},
		{"/waivers/1/hosts/0", 13},
		{"/waivers/1/hosts/2", 14},
		{"/", 0},
		{"schema", 0},
		{"/schema/", 0},
		{"/schema/x", 0},
		{"/schem", 0},
		{"/schemas", 0},
		{"/checks/~1", 0},
		{"/checks/~2", 0},
		{"/checks/~", 0},
		{"/checks//x", 0},
		{"/waivers/2", 0},
		{"/waivers/00", 0},
		{"/waivers/-", 0},
		{"/waivers/1x", 0},
		{"/waivers/0~0", 0},
		{"/waivers/", 0},
		{"/waivers/99999999999999999999999", 0},
		{"/waivers/1/hosts/1/0", 0},
	};
	DG_CLEANUP(value_freep) struct json_object *value = NULL;
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct dg_json_error err;

	(void)state;
	assert_int_equal(dg_json_parse(document, sizeof(document) - 1, DG_JSON_COMMENTS,
				       &value, &scan, &err),
			 0);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		print_message("%s\n", cases[i].pointer);
		assert_int_equal(dg_json_line(scan, cases[i].pointer), cases[i].line);
	}
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(document) - 3; n++) {
		struct json_object *value;
		struct dg_json_error err;

		assert_int_equal(parse_exact(document, n, DG_JSON_COMMENTS, &value, &err),
				 -EBADMSG);
		assert_true(err.line >= 1 && err.column >= 1 && err.message[0]);
	}
}

static void test_depth(void **state)
{
	(void)state;
	for (size_t depth = DG_JSON_DEPTH; depth <= DG_JSON_DEPTH + 1; depth++) {
		char text[2 * (DG_JSON_DEPTH + 1) + 1];
		DG_CLEANUP(value_freep) struct json_object *value = NULL;
		struct dg_json_error err;

		memset(text, '[', depth);
		text[depth] = '1';
		memset(text + depth + 1, ']', depth);
		assert_int_equal(
			dg_json_parse(text, 2 * depth + 1, 0, &value, NULL, &err),
			depth > DG_JSON_DEPTH ? -EBADMSG : 0);
		if (depth > DG_JSON_DEPTH)
			assert_int_equal(err.column, depth);
	}
}

static void test_size(void **state)
{
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct dg_json_error err;
	DG_FREE char *big = malloc(DG_JSON_MAX + 1);
	struct json_object *value;

	(void)state;
	assert_int_equal(dg_json_scan_new("[1]", 3, 2, 0, &scan, &err), -EFBIG);
	assert_string_equal(err.message, "the document has 3 bytes, 2 are allowed");
	assert_int_equal(dg_json_scan_new("[1]", 3, 2, 0, &scan, NULL), -EFBIG);
	assert_int_equal(dg_json_scan_new("[1]", 3, 3, 0, &scan, &err), 0);
	memset(big, ' ', DG_JSON_MAX + 1);
	big[0] = '1';
	assert_int_equal(dg_json_parse(big, DG_JSON_MAX + 1, 0, &value, NULL, &err),
			 -EFBIG);
	assert_int_equal(dg_json_parse(big, DG_JSON_MAX, 0, &value, NULL, &err), 0);
	json_object_put(value);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* An object of n keys with a long common beginning; `twice`: the last is the first. */
static size_t object_make(char *text, size_t n, bool twice)
{
	char *to = text;

	for (size_t i = 0; i < n; i++)
		to += sprintf(to, "%s\"a-common-beginning-of-all-%zu\":%zu\n",
			      i ? "," : "{", twice && i == n - 1 ? 0 : (i * 7919) % n, i);
	*to++ = '}';
	return (size_t)(to - text);
}

static void test_many_keys(void **state)
{
	enum { N = 100000 };
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	DG_FREE char *text = malloc((size_t)N * 64);
	double start = seconds_now();
	struct dg_json_error err;
	size_t size = object_make(text, N, false);

	(void)state;
	assert_int_equal(dg_json_scan_new(text, size, size, DG_JSON_LINES, &scan, &err),
			 0);
	for (size_t i = 0; i < N; i++) {
		char pointer[64];

		sprintf(pointer, "/a-common-beginning-of-all-%zu", (i * 7919) % N);
		assert_int_equal(dg_json_line(scan, pointer), i + 1);
	}
	dg_json_scan_free(DG_STEAL(scan));
	size = object_make(text, N, true);
	assert_int_equal(dg_json_scan_new(text, size, size, 0, &scan, &err), -EBADMSG);
	assert_int_equal(err.line, N);
	assert_true(seconds_now() - start < 10); /* quadratic: minutes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_comments),  cmocka_unit_test(test_lines),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),	  cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
