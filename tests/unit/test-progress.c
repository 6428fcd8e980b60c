/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line that is shown while a window is measured, on terminals of all widths. */
#include <math.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

/* The program is no library: what is tested is made a part of the test. */
#include "guard/progress.c"

struct terminal {
	int master;
	FILE *out;
	struct dg_display display;
};

static bool open_terminal(struct terminal *t, unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	int slave;

	if (openpty(&t->master, &slave, NULL, NULL, &size) < 0)
		return false;
	t->out = fdopen(slave, "w");
	assert_non_null(t->out);
	dg_display_open(&t->display, t->out, true);
	return true;
}

/* What was written since the last time; NUL-terminated. It comes in pieces, so it is
 * ended by a mark. */
static const char *read_terminal(const struct terminal *t, char *buf, size_t size)
{
	size_t used = 0;

	fputc('\a', t->out);
	fflush(t->out);
	do {
		ssize_t n = read(t->master, buf + used, size - used);

		assert_true(n > 0);
		used += (size_t)n;
	} while (buf[used - 1] != '\a' && used < size);
	assert_true(used < size);
	buf[used - 1] = '\0';
	return buf;
}

static void close_terminal(struct terminal *t)
{
	fclose(t->out);
	close(t->master);
}

static const struct dg_progress working = {
	.stage = DG_PROGRESS_WINDOW,
	.elapsed_s = 3,
	.planned_s = 10,
	.io_some_percent = 81,
	.io_full_percent = 62.4,
	.disk = "nvme0n1",
	.disk_await_ms = 0.94,
};

static void test_live_line(void **state)
{
	struct dg_progress p = working;
	struct terminal t;
	char seen[4096];

	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	if (!open_terminal(&t, 80))
		skip();
	dg_display_show(&p, &t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)),
			    "\r\033[Ksampling 3/10 s  io full 62 %  nvme0n1 0.9 ms  ▅");
	p.disk = NULL;
	p.io_full_percent = -1;
	dg_display_show(&p, &t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)),
			    "\r\033[Ksampling 3/10 s  ▅ ");
	p = working;
	p.stage = DG_PROGRESS_TRIAL;
	p.way = "io_uring";
	p.disk_await_ms = -1;
	dg_display_show(&p, &t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)),
			    "\r\033[Ktrying io_uring 3/10 s  io full 62 %  nvme0n1  ▅");
	dg_display_close(&t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)), "\r\033[K");
	dg_display_close(&t.display);
	dg_display_show(&p, &t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)), "");
	close_terminal(&t);
}

static void test_live_widths(void **state)
{
	struct dg_progress p = working;

	(void)state;
	setenv("TERM", "xterm", 1);
	p.disk = "a-disk-with-a-name-that-is-much-too-long\033[2J\nfor any line";
	for (unsigned short columns = 1; columns < 300; columns++) {
		struct terminal t;
		char seen[4096];

		if (!open_terminal(&t, columns))
			skip();
		for (int i = 0; i < 100; i++) {
			const char *text;

			p.io_full_percent = i % 9 == 0 ? -1 : i;
			p.stage = i % 2 ? DG_PROGRESS_WAITING : DG_PROGRESS_WINDOW;
			p.disk_await_ms = i * 1e10;
			dg_display_show(&p, &t.display);
			text = read_terminal(&t, seen, sizeof(seen));
			if (columns < WIDTH_MIN) {
				assert_string_equal(text, "");
				continue;
			}
			text = dg_after(text, ERASE);
			assert_non_null(text);
			assert_true(dg_count_columns(text) < columns);
			assert_null(strpbrk(text, "\r\n\033"));
		}
		close_terminal(&t);
	}
}

/* A long wait is folded, and stays within its memory. */
static void test_live_history(void **state)
{
	struct dg_display d = {.step = 1};

	(void)state;
	for (int i = 0; i < 100000; i++)
		add_look(&d, i % 2 ? 100 : 0);
	assert_true(d.count <= DG_DISPLAY_HISTORY && d.count >= DG_DISPLAY_HISTORY / 2);
	for (size_t i = 0; i < d.count; i++)
		assert_true(d.step == 1 || fabs(d.history[i] - 50) < 1e-6);
	d = (struct dg_display){.step = 1};
	for (int i = 0; i < 1000; i++)
		add_look(&d, -1);
	for (size_t i = 0; i < d.count; i++)
		assert_true(isnan(d.history[i]));
}

static void test_no_terminal(void **state)
{
	struct dg_display d;
	struct terminal t;
	char seen[64];
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	setenv("TERM", "xterm", 1);
	dg_display_open(&d, out, true);
	dg_display_show(&working, &d);
	dg_display_close(&d);
	assert_int_equal(ftell(out), 0);
	fclose(out);
	setenv("TERM", "dumb", 1);
	if (!open_terminal(&t, 80))
		skip();
	dg_display_show(&working, &t.display);
	dg_display_close(&t.display);
	setenv("TERM", "xterm", 1);
	dg_display_open(&t.display, t.out, false);
	dg_display_show(&working, &t.display);
	dg_display_close(&t.display);
	assert_string_equal(read_terminal(&t, seen, sizeof(seen)), "");
	close_terminal(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_line),
		cmocka_unit_test(test_live_widths),
		cmocka_unit_test(test_live_history),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
