/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a host's counters. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "guard/sample/reading.h"

#define STAT_MAX      ((size_t)4 * 1024 * 1024)
#define DISKSTATS_MAX ((size_t)8 * 1024 * 1024)
#define PRESSURE_MAX  4096

const char *const dg_resource_names[DG_RESOURCES] = {
	[DG_CPU] = "cpu",
	[DG_IO] = "io",
	[DG_MEMORY] = "memory",
	[DG_IRQ] = "irq",
};

void dg_reading_clear(struct dg_reading *reading)
{
	for (size_t i = 0; reading->guests && i < reading->guest_count; i++)
		free(reading->guests[i].disks);
	free(reading->guests);
	free(reading->disks);
	free(reading->tasks);
	*reading = (struct dg_reading){0};
}

static int64_t clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t dg_reading_clock_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

void dg_psi_read(const struct dg_below *dir, const char *name, struct dg_psi_reading *ret)
{
	char text[PRESSURE_MAX];
	size_t size;

	ret->r = dg_below_read_small(dir, name, text, sizeof(text), &size);
	if (ret->r == 0)
		ret->r = dg_psi_parse(text, size, &ret->psi);
}

static void read_psi(const struct dg_below *proc, enum dg_resource resource,
		     struct dg_psi_reading *ret)
{
	char name[32];

	snprintf(name, sizeof(name), "pressure/%s", dg_resource_names[resource]);
	dg_psi_read(proc, name, ret);
}

static void read_stat(const struct dg_below *proc, struct dg_reading *ret)
{
	DG_FREE char *text = NULL;
	size_t size;

	ret->stat_r = dg_below_read(proc, "stat", STAT_MAX, &text, &size);
	if (ret->stat_r == 0)
		ret->stat_r = dg_proc_stat_parse(text, size, &ret->stat);
}

static void read_disks(const struct dg_below *proc, struct dg_reading *ret)
{
	DG_FREE char *text = NULL;
	size_t size;

	ret->disks_r = dg_below_read(proc, "diskstats", DISKSTATS_MAX, &text, &size);
	if (ret->disks_r == 0)
		ret->disks_r = dg_diskstats_parse(text, size, &ret->disks,
						  &ret->disk_count, NULL);
}

static int64_t time_us(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

void dg_reading_take_own(struct dg_reading *ret)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return;
	ret->own_cpu_us = time_us(&usage.ru_utime) + time_us(&usage.ru_stime);
	ret->own_requests = usage.ru_inblock + usage.ru_oublock + usage.ru_majflt;
	ret->own_memory_bytes = (int64_t)usage.ru_maxrss * 1024;
}

void dg_reading_take(const struct dg_below *proc, struct dg_reading *ret)
{
	*ret = (struct dg_reading){0};
	ret->mono_us = clock_us(CLOCK_MONOTONIC);
	ret->boot_us = clock_us(CLOCK_BOOTTIME);
	/* Totals are brought up to the moment of reading: the one that counts comes
	 * first. */
	read_psi(proc, DG_IO, &ret->psi[DG_IO]);
	for (enum dg_resource i = 0; i < DG_RESOURCES; i++)
		if (i != DG_IO)
			read_psi(proc, i, &ret->psi[i]);
	read_disks(proc, ret);
	read_stat(proc, ret);
}

void dg_reading_peek(const struct dg_below *proc, struct dg_reading *ret)
{
	*ret = (struct dg_reading){0};
	ret->mono_us = clock_us(CLOCK_MONOTONIC);
	read_psi(proc, DG_IO, &ret->psi[DG_IO]);
	read_disks(proc, ret);
}
