/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/util.h"

/*
 * Whether the whole of `text` matches the shell pattern. "*": any bytes, none included,
 * "/" and a leading "." too. "?": one byte. "[abc]", "[a-z]": one byte of these; "[!x]"
 * and "[^x]": one byte of none of these; "]" right behind the opening stands for itself.
 * "\" takes the next character's meaning away. A "[" without its "]" and a final "\"
 * stand for themselves. By bytes, no locale; at most pattern length times text length
 * steps.
 */
bool dg_glob_match(const char *pattern, const char *text);
