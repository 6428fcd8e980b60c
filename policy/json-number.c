/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of JSON that stand without quotes: numbers, true, false, null. */
#include "policy/json-lex.h"

#define INT64_DIGITS   19
#define EXPONENT_LIMIT 308 /* all below 1e308 are doubles; what is not is refused */
#define EXPONENT_MAX   1000000000L /* no text here has so many digits to make up for it */

static bool char_is_digit(char b)
{
	return b >= '0' && b <= '9';
}

static bool char_is_word(char b)
{
	return char_is_digit(b) || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
	       b == '_' || b == '+' || b == '-' || b == '.';
}

/* Characters up to the end of the number or name that starts at `s`. */
static size_t word_length(const char *s)
{
	size_t n = 0;

	while (char_is_word(s[n]))
		n++;
	return n;
}

static size_t digits_length(const char *s)
{
	size_t n = 0;

	while (char_is_digit(s[n]))
		n++;
	return n;
}

/* `digits` has no leading zero. */
static bool integer_fits(const char *digits, size_t n, bool negative)
{
	const char *limit = negative ? "9223372036854775808" : "9223372036854775807";

	return n < INT64_DIGITS || (n == INT64_DIGITS && memcmp(digits, limit, n) <= 0);
}

/* The power of ten of the first digit that is not 0; false where all are. */
static bool mantissa_power(const char *whole, size_t n_whole, const char *fraction,
			   size_t n_fraction, long *ret_power)
{
	if (whole[0] != '0') {
		*ret_power = (long)n_whole - 1;
		return true;
	}
	for (size_t i = 0; i < n_fraction; i++)
		if (fraction[i] != '0') {
			*ret_power = -(long)i - 1;
			return true;
		}
	return false;
}

/* "e-12"; *ret_length is 0 where no exponent stands at `s`. */
static bool read_exponent(const char *s, size_t *ret_length, long *ret_value)
{
	const char *start = s;
	bool negative;
	size_t n;

	*ret_length = 0;
	*ret_value = 0;
	if (*s != 'e' && *s != 'E')
		return true;
	s++;
	negative = *s == '-';
	if (*s == '+' || *s == '-')
		s++;
	n = digits_length(s);
	for (size_t i = 0; i < n && *ret_value < EXPONENT_MAX; i++)
		*ret_value = *ret_value * 10 + (s[i] - '0');
	if (negative)
		*ret_value = -*ret_value;
	*ret_length = (size_t)(s - start) + n;
	return n > 0;
}

/* Why the word of `length` characters at `s` is no number that can be kept, or NULL. */
static const char *number_fault(const char *s, size_t length)
{
	bool negative = *s == '-';
	const char *start = s, *whole = s += negative, *fraction;
	size_t n_whole = digits_length(s), n_fraction = 0, n_exponent;
	long exponent, power;

	if (n_whole == 0)
		return "a number wants a digit behind its sign";
	if (n_whole > 1 && *whole == '0')
		return "a number must not start with 0";
	s += n_whole;
	fraction = s + 1;
	if (*s == '.') {
		n_fraction = digits_length(fraction);
		if (n_fraction == 0)
			return "a number wants a digit behind its point";
		s = fraction + n_fraction;
	}
	if (!read_exponent(s, &n_exponent, &exponent))
		return "a number wants a digit in its exponent";
	if ((size_t)(s - start) + n_exponent != length)
		return "this is not a number";
	if (n_fraction == 0 && n_exponent == 0)
		return integer_fits(whole, n_whole, negative)
			       ? NULL
			       : "this integer does not fit 64 bits";
	if (mantissa_power(whole, n_whole, fraction, n_fraction, &power) &&
	    power + exponent >= EXPONENT_LIMIT)
		return "this number is too large";
	return NULL;
}

int dg_json_take_number(struct dg_json_cursor *c)
{
	const char *s = c->text + c->at;
	size_t n = word_length(s);
	const char *fault = number_fault(s, n);

	if (fault)
		return dg_json_fail(c, c->at, c->line, "%s", fault);
	c->at += n;
	return 0;
}

static const char *word_fault(const char *s, size_t n)
{
	if (n > 0 && (*s == '+' || *s == '.'))
		return "a number starts with a digit or \"-\"";
	if (n == 3 && memcmp(s, "NaN", n) == 0)
		return "NaN is not JSON";
	if (n == 8 && memcmp(s, "Infinity", n) == 0)
		return "Infinity is not JSON";
	if (n > 0)
		return "this word is not JSON; strings stand in double quotes";
	if (*s == '\'')
		return "strings stand in double quotes";
	return "a value is missing here";
}

int dg_json_take_word(struct dg_json_cursor *c)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *s = c->text + c->at;
	size_t n = word_length(s);

	for (size_t i = 0; i < DG_COUNT(words); i++)
		if (n == strlen(words[i]) && memcmp(s, words[i], n) == 0) {
			c->at += n;
			return 0;
		}
	return dg_json_fail(c, c->at, c->line, "%s", word_fault(s, n));
}
