/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/span.h"
#include "guard/parse/udev-data.h"

static int property_add(struct dg_udev_data *data, struct dg_span s)
{
	size_t n = dg_span_find(s, '=');
	struct dg_udev_property *slot;

	if (n == 0 || n == s.n)
		return -EBADMSG;
	slot = DG_GROW(data->properties, data->n_properties);
	if (!slot)
		return -ENOMEM;
	data->n_properties++;
	slot->key = dg_span_dup(dg_span_head(s, n));
	slot->value = dg_span_dup(dg_span_skip(s, n + 1));
	return slot->key && slot->value ? 0 : -ENOMEM;
}

static int link_add(struct dg_udev_data *data, struct dg_span s)
{
	char **slot = DG_GROW(data->links, data->n_links);

	if (!slot)
		return -ENOMEM;
	*slot = dg_span_dup(s);
	if (!*slot)
		return -ENOMEM;
	data->n_links++;
	return 0;
}

static int line_parse(struct dg_udev_data *data, struct dg_span line)
{
	struct dg_span value = dg_span_skip(line, 2);

	if (line.n < 2 || line.p[1] != ':')
		return -EBADMSG;
	if (line.p[0] == 'E')
		return property_add(data, value);
	return line.p[0] == 'S' ? link_add(data, value) : 0;
}

int dg_udev_data_parse(const char *buf, size_t len, struct dg_udev_data *ret,
		       char **ret_why)
{
	DG_CLEANUP(dg_udev_data_clear) struct dg_udev_data data = {0};
	struct dg_span rest = dg_span_of(buf, len), line;
	size_t number = 0;

	while (dg_span_line(&rest, &line)) {
		int r;

		if (++number > DG_UDEV_LINES_MAX)
			return dg_bad_line(ret_why, number, "too many lines");
		if (line.n == 0)
			continue;
		r = line_parse(&data, line);
		if (r == -EBADMSG)
			return dg_bad_line(ret_why, number, "no udev record");
		if (r < 0)
			return r;
	}
	*ret = data;
	data = (struct dg_udev_data){0};
	return 0;
}

const char *dg_udev_data_get(const struct dg_udev_data *data, const char *key)
{
	size_t i;

	for (i = data->n_properties; i-- > 0;)
		if (dg_streq(data->properties[i].key, key))
			return data->properties[i].value;
	return NULL;
}

void dg_udev_data_clear(struct dg_udev_data *data)
{
	size_t i;

	if (!data)
		return;
	for (i = 0; i < data->n_properties; i++) {
		free(data->properties[i].key);
		free(data->properties[i].value);
	}
	free(data->properties);
	for (i = 0; i < data->n_links; i++)
		free(data->links[i]);
	free(data->links);
	*data = (struct dg_udev_data){0};
}
