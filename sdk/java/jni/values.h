/* The structures of yiqian/device.h and yiqian/workstation.h, as the Java classes of the same names read and write them. */
#ifndef YIQIAN_JNI_VALUES_H
#define YIQIAN_JNI_VALUES_H

#include <yiqian/workstation.h>

#include "pack.h"

void values_write_problem(pack_writer *out, const yq_problem *problem);
void values_write_key(pack_writer *out, const yq_key_info *key);
void values_write_person(pack_writer *out, const yq_person *person);
void values_write_task(pack_writer *out, const yq_task *task);
void values_write_tasks(pack_writer *out, const yq_tasks *tasks);
void values_write_results(pack_writer *out, const yq_sign_result *results, size_t n);
void values_write_scanned(pack_writer *out, const yq_scanned *scanned);
void values_write_scope(pack_writer *out, const yq_scope *scope);
void values_write_workstation_offer(pack_writer *out, const yq_workstation_offer *offer);
void values_write_authorisation(pack_writer *out, const yq_authorisation_info *info);
void values_write_authorisation_status(pack_writer *out, const yq_authorisation_status *status);
void values_write_signatures(pack_writer *out, const yq_signatures *signatures);

/* Its texts live as long as what is read. */
void values_read_task(pack_reader *in, yq_task *task);
void values_read_scope(pack_reader *in, yq_scope *scope);

#endif
