/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the HTML form: what its pages are made of. */
#pragma once

#include <stdio.h>

/* Up to the page's heading; and its end. */
void dg_html_begin(FILE *out, const char *title);
void dg_html_end(FILE *out);

/* <tag class="class">text</tag>, the text escaped. Behind the tag's name, after a blank,
 * `tag` may hold attributes; `class` may be NULL. */
void dg_html_element(FILE *out, const char *tag, const char *class, const char *text);
