/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of output forms. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "guard/render/bars.h"
#include "guard/render/render.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MIN     60
#define WIDTH_MAX     120

static const struct dg_renderer *const renderers[] = {
	&dg_render_text,       &dg_render_json, &dg_render_nagios,
	&dg_render_prometheus, &dg_render_motd, &dg_render_html,
};

const struct dg_renderer *dg_renderer_find(const char *name)
{
	for (size_t i = 0; i < DG_COUNT(renderers); i++)
		if (dg_streq(renderers[i]->name, name))
			return renderers[i];
	return NULL;
}

bool dg_renderer_has(const struct dg_renderer *renderer, size_t offset)
{
	void (*hook)(void);

	memcpy(&hook, (const char *)renderer + offset, sizeof(hook));
	return hook != NULL;
}

const char *dg_renderer_names_with(size_t offset)
{
	static char names[64];
	size_t n = 0;

	*names = '\0';
	for (size_t i = 0; i < DG_COUNT(renderers) && n < sizeof(names); i++)
		if (dg_renderer_has(renderers[i], offset))
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
					      n ? ", " : "", renderers[i]->name);
	return names;
}

/* Every form has a name. */
const char *dg_renderer_names(void)
{
	return dg_renderer_names_with(offsetof(struct dg_renderer, name));
}

const char *dg_level_word(enum dg_level level)
{
	static const char *const words[] = {
		[DG_LEVEL_OK] = "OK",		[DG_LEVEL_NOTICE] = "NOTICE",
		[DG_LEVEL_WARNING] = "WARNING", [DG_LEVEL_CRITICAL] = "CRITICAL",
		[DG_LEVEL_UNKNOWN] = "UNKNOWN",
	};

	return words[level];
}

struct dg_style dg_style_of(FILE *out, bool verbose)
{
	struct dg_style style = {.verbose = verbose, .width = WIDTH_DEFAULT};
	const char *no_color = getenv("NO_COLOR");
	struct winsize size;

	if (!isatty(fileno(out)))
		return style;
	style.colour = !(no_color && *no_color);
	style.blocks = dg_bars_have_blocks();
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.width = size.ws_col;
	if (style.width < WIDTH_MIN)
		style.width = WIDTH_MIN;
	if (style.width > WIDTH_MAX)
		style.width = WIDTH_MAX;
	return style;
}
