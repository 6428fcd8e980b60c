/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The field table's part for samples and the self-test; see facts-fields.c. */
#include "policy/fields.h"
#include "policy/sample.h"

FIELDS(stall, F(dg_stall, resource, DG_STR), F(dg_stall, some_us, DG_INT, ABSENT_OK),
       F(dg_stall, full_us, DG_INT, ABSENT_OK),
       F(dg_stall, some_percent, DG_REAL, ABSENT_OK),
       F(dg_stall, full_percent, DG_REAL, ABSENT_OK));
RECORD(stall, dg_stall, "/proc/pressure");

FIELDS(word, F(dg_word, name, DG_STR));
PUBLIC_RECORD(word, dg_word, NULL);

FIELDS(disk_load, F(dg_disk_load, name, DG_STR), F(dg_disk_load, number, DG_STR),
       F(dg_disk_load, label, DG_STR, ABSENT_OK),
       F(dg_disk_load, below, DG_LIST_OF, THE(dg_word_record), ABSENT_OK),
       F(dg_disk_load, scheduler, DG_STR, ABSENT_OK),
       F(dg_disk_load, reads_per_s, DG_REAL), F(dg_disk_load, writes_per_s, DG_REAL),
       F(dg_disk_load, read_bytes_per_s, DG_REAL),
       F(dg_disk_load, write_bytes_per_s, DG_REAL),
       F(dg_disk_load, r_await_ms, DG_REAL, ABSENT_OK),
       F(dg_disk_load, w_await_ms, DG_REAL, ABSENT_OK),
       F(dg_disk_load, f_await_ms, DG_REAL, ABSENT_OK),
       F(dg_disk_load, d_await_ms, DG_REAL, ABSENT_OK), F(dg_disk_load, queue, DG_REAL),
       F(dg_disk_load, util_percent, DG_REAL));
RECORD(disk_load, dg_disk_load, "/proc/diskstats");

FIELDS(guest_disk, F(dg_guest_disk, number, DG_STR),
       F(dg_guest_disk, name, DG_STR, ABSENT_OK), F(dg_guest_disk, reads_per_s, DG_REAL),
       F(dg_guest_disk, writes_per_s, DG_REAL),
       F(dg_guest_disk, read_bytes_per_s, DG_REAL),
       F(dg_guest_disk, write_bytes_per_s, DG_REAL));
RECORD(guest_disk, dg_guest_disk, "/sys/fs/cgroup");

FIELDS(guest_load, F(dg_guest_load, vmid, DG_STR),
       F(dg_guest_load, name, DG_STR, ABSENT_OK), F(dg_guest_load, kind, DG_STR),
       F(dg_guest_load, pressure, DG_LIST_OF, OF(stall), ABSENT_OK),
       F(dg_guest_load, disks, DG_LIST_OF, OF(guest_disk), ABSENT_OK));
RECORD(guest_load, dg_guest_load, "/sys/fs/cgroup");

FIELDS(writer, F(dg_writer, name, DG_STR), F(dg_writer, pid, DG_INT),
       F(dg_writer, vmid, DG_STR, ABSENT_OK), F(dg_writer, write_bytes_per_s, DG_REAL));
RECORD(writer, dg_writer, "/proc/PID/io");

FIELDS(trial, F(dg_trial, way, DG_STR), F(dg_trial, writes, DG_INT),
       F(dg_trial, await_ms, DG_REAL, ABSENT_OK), F(dg_trial, in_flight_us, DG_INT),
       F(dg_trial, stalled_us, DG_INT), F(dg_trial, elapsed_us, DG_INT),
       F(dg_trial, inflation, DG_REAL, ABSENT_OK));
RECORD(trial, dg_trial, NULL);

FIELDS(signature, F(dg_signature, seen, DG_STR), F(dg_signature, because, DG_STR),
       F(dg_signature, guests, DG_LIST_OF, THE(dg_word_record), ABSENT_OK));
RECORD(signature, dg_signature, NULL);

FIELDS(sample, F(dg_sample, time, DG_TIME), F(dg_sample, window_s, DG_REAL),
       F(dg_sample, interrupted, DG_BOOL), F(dg_sample, disturbed, DG_STR, ABSENT_OK),
       F(dg_sample, cpus, DG_INT),
       F(dg_sample, pressure, DG_LIST_OF, OF(stall), ABSENT_OK),
       F(dg_sample, iowait_percent, DG_REAL), F(dg_sample, idle_percent, DG_REAL),
       F(dg_sample, blocked, DG_REAL), F(dg_sample, blocked_in_d, DG_REAL, ABSENT_OK),
       F(dg_sample, disks, DG_LIST_OF, OF(disk_load)),
       F(dg_sample, guests, DG_LIST_OF, OF(guest_load), ABSENT_OK),
       F(dg_sample, writers, DG_LIST_OF, OF(writer), ABSENT_OK),
       F(dg_sample, trials, DG_LIST_OF, OF(trial), ABSENT_OK),
       F(dg_sample, signature, DG_RECORD, OF(signature)),
       F(dg_sample, own_cpu_percent, DG_REAL),
       F(dg_sample, own_stalled_percent, DG_REAL, ABSENT_OK),
       F(dg_sample, own_memory_bytes, DG_INT));
PUBLIC_RECORD(sample, dg_sample, "/var/lib/driftguard/boots");

FIELDS(idle, F(dg_idle_result, time, DG_TIME), F(dg_idle_result, plain, DG_STR),
       F(dg_idle_result, no_iowait, DG_STR),
       F(dg_idle_result, plain_percent, DG_REAL, ABSENT_OK),
       F(dg_idle_result, no_iowait_percent, DG_REAL, ABSENT_OK),
       F(dg_idle_result, why, DG_STR, ABSENT_OK));
PUBLIC_RECORD(idle, dg_idle_result, "/var/lib/driftguard/boots");
