/* The authorisations of `yiqian agent`, each with a thread that waits for what the phone and the server do, so that what is known is always
 * at hand and asking for it never waits for anybody. */
#ifndef YIQIAN_CMD_AGENT_BOOK_H
#define YIQIAN_CMD_AGENT_BOOK_H

#include <stdbool.h>

#include "base/err.h"
#include "yiqian/workstation.h"

/* AGENT_BOOK_MAX: authorisations at once; ended ones give way to new ones, the oldest first. */
enum { AGENT_BOOK_MAX = 32, AGENT_BOOK_DIGEST = 32 };

typedef struct agent_book agent_book;
typedef struct agent_entry agent_entry;

/* changed is called, from any thread and without a lock, when an authorisation's state is another. open_file (agent_open.h) names what is open at the
 * server; what an earlier process left in it is closed there from now on, as soon as the server answers. ERR_MEMORY, and what
 * agent_open_read gives. */
MUST_CHECK err agent_book_create(agent_book **out, yq_workstation *workstation, const char *open_file,
                                 void (*changed)(void *context, const uint8_t id[16]), void *context);

/* Closes all that are open, at the server too as far as it answers within ms, and ends the waiting. False: something is still under way, and
 * the process must end without agent_book_destroy. */
bool agent_book_stop(agent_book *book, unsigned ms);
void agent_book_destroy(agent_book *book);

/* Takes the handle in and waits for its approval; *id is its. digest: of the secret that whoever asked for it was given, and shows from then
 * on. ERR_LIMIT (as many are open; the handle stays the caller's), ERR_MEMORY. */
MUST_CHECK err agent_book_add(agent_book *book, yq_authorisation *handle, const uint8_t digest[AGENT_BOOK_DIGEST],
                              uint8_t id[16]);

/* Whether there is room for one more. */
bool agent_book_has_room(agent_book *book);

/* The entry of that id and that digest, kept until agent_book_release; NULL where there is none. */
agent_entry *agent_book_hold(agent_book *book, const uint8_t id[16], const uint8_t digest[AGENT_BOOK_DIGEST]);
void agent_book_release(agent_book *book, agent_entry *entry);

yq_authorisation *agent_entry_handle(agent_entry *entry);

/* What is known; the texts of its scope live as long as the entry is held. */
void agent_book_status(agent_book *book, agent_entry *entry, yq_authorisation_status *out);

/* yq_authorisation_close. Where the server could not be told, the next process tells it. */
YQ_MUST_CHECK yq_status agent_book_close(agent_book *book, agent_entry *entry, yq_problem *problem);

/* Takes in what an act has changed (yq_authorisation_look). */
void agent_book_look(agent_book *book, agent_entry *entry);

/* All that are known, held: the caller releases each. */
size_t agent_book_hold_all(agent_book *book, agent_entry *out[AGENT_BOOK_MAX]);

#endif
