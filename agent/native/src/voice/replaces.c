#include "replaces.h"

#include <errno.h>

int replaces_read(struct replaces *replaces, const struct sip_msg *invite)
{
	const struct sip_hdr *header = sip_msg_hdr(invite, SIP_HDR_REPLACES);
	struct pl parameters, unused;

	if (!header)
		return ENOENT;
	if (sip_msg_hdr_count(invite, SIP_HDR_REPLACES) > 1 || sip_msg_hdr(invite, SIP_HDR_JOIN) ||
	    re_regex(header->val.p, header->val.l, "[^; \t]+[ \t]*[^]*", &replaces->call_id, NULL, &parameters) ||
	    msg_param_decode(&parameters, "to-tag", &replaces->local_tag) ||
	    msg_param_decode(&parameters, "from-tag", &replaces->remote_tag))
		return EBADMSG;
	replaces->early_only = !msg_param_exists(&parameters, "early-only", &unused);
	return 0;
}
