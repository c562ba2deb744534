/* A session description as offer and as answer, of sound and of T.38, with SRTP off, offered and required. */
#include "voice/negotiation.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(const uint8_t *data, size_t size, uint32_t security, bool is_offer, bool image)
{
	struct account account = { .codecs = { TN_CODEC_PCMA, TN_CODEC_G726_32, TN_CODEC_G722, TN_CODEC_PCMU },
				   .media_security = security, .fax = TN_FAX_T38 };
	struct negotiation negotiation = { .session = NULL };
	struct stream_terms terms;
	struct mbuf *description = NULL;
	struct sip_msg message;
	struct sa local;

	memset(&message, 0, sizeof(message));
	memset(&terms, 0, sizeof(terms));
	/* A call that is up may change to T.38, or have asked for it. */
	terms.codec = TN_CODEC_PCMA;
	(void)sa_set_str(&local, "192.0.2.2", 0);
	message.mb = mbuf_alloc(size + 1);
	(void)mbuf_write_mem(message.mb, data, size);
	message.mb->pos = 0;
	if (!negotiation_open(&negotiation, &account, &local, 4002)) {
		negotiation_want_image(&negotiation, &account, image);
		(void)negotiation_read(&negotiation, &account, &message, is_offer, &terms);
		(void)negotiation_write(&negotiation, !is_offer, &description);
	}
	mem_deref(description);
	negotiation_close(&negotiation);
	mem_deref(message.mb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (uint32_t security = TN_SECURITY_OFF; security <= TN_SECURITY_REQUIRED; security++) {
		read_as(data, size, security, true, false);
		read_as(data, size, security, false, false);
		read_as(data, size, security, false, true);
	}
	return 0;
}
