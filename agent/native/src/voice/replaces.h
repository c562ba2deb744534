/* What an INVITE wants to take the place of (RFC 3891). Pure. */
#ifndef TN_VOICE_REPLACES_H
#define TN_VOICE_REPLACES_H

#include <re.h>
#include <stdbool.h>

/* Which call is meant, as its own side here sees it; texts of the message. */
struct replaces {
	struct pl call_id, local_tag, remote_tag;
	bool early_only;               /* not when it was answered meanwhile */
};

/* 0, ENOENT for an INVITE that wants nothing of the kind, EBADMSG for one that must be answered 400 (RFC 3891 §3). */
int replaces_read(struct replaces *replaces, const struct sip_msg *invite);

#endif
