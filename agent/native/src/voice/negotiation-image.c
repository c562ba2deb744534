/* The image line of a negotiation: T.38 in place of sound, and back. */
#include "negotiation.h"

#include <errno.h>
#include <string.h>

#define RATE_MAX 14400            /* of T.38 version 0 */
#define REFUSED_AUDIO "m=audio 0 RTP/AVP 0"
#define REFUSED_IMAGE "m=image 0 udptl t38\r\n"

static uint32_t own_rate(const struct account *account)
{
	return account->fax_max_rate && account->fax_max_rate < RATE_MAX ? account->fax_max_rate : RATE_MAX;
}

void negotiation_want_image(struct negotiation *negotiation, const struct account *account, bool on)
{
	negotiation->image = on;
	if (!on)
		return;
	/* UDPTL is as lossy as UDP: the training check travels (T.38 §7.2, method 2). */
	negotiation->t38 = (struct t38_terms){ .max_rate = own_rate(account), .recovery = T38_RECOVERY_REDUNDANCY };
	if (negotiation->layout.count)
		return;
	negotiation->layout = (struct t38_layout){ .count = 1 };
	if (negotiation->image_line) {
		negotiation->layout = (struct t38_layout){ .count = 2, .image = 1 };
		strcpy(negotiation->layout.refused[0], REFUSED_AUDIO);
	}
}

bool negotiation_keep_g711(struct negotiation *negotiation)
{
	struct le *next, *at = list_head(sdp_media_format_lst(negotiation->audio, true));
	unsigned kept = 0;

	for (struct le *look = at; look; look = look->next)
		kept += !strcasecmp(((struct sdp_format *)look->data)->name, "PCMA") ||
			!strcasecmp(((struct sdp_format *)look->data)->name, "PCMU");
	if (!kept)
		return false;
	for (; at; at = next) {
		struct sdp_format *format = at->data;

		next = at->next;
		if (strcasecmp(format->name, "PCMA") && strcasecmp(format->name, "PCMU") && strcasecmp(format->name, telev_rtpfmt))
			mem_deref(format);
	}
	return true;
}

/* ENOENT: a description of sound. An answer of that kind refuses the image that was offered. */
static int take_sound(struct negotiation *negotiation, const struct sip_msg *message, bool is_offer)
{
	bool was_image = negotiation->image;

	if (t38_sdp_has_image((const char *)mbuf_buf(message->mb), mbuf_get_left(message->mb))) {
		struct pl line;

		negotiation->image_line = !re_regex((const char *)mbuf_buf(message->mb), mbuf_get_left(message->mb), "m=audio[ ]1",
						    &line);
		t38_sdp_strip(message->mb);
	}
	if (is_offer)
		negotiation->image = false;
	return was_image && !is_offer ? ENOTSUP : ENOENT;
}

int negotiation_read_image(struct negotiation *negotiation, const struct account *account, const struct sip_msg *message,
			   bool is_offer, struct stream_terms *terms)
{
	struct t38_description got;
	int err = t38_sdp_read((const char *)mbuf_buf(message->mb), mbuf_get_left(message->mb), &got);

	if (err == ENOENT)
		return take_sound(negotiation, message, is_offer);
	if (err)
		return err;
	/* Not before there was sound; and never out of SRTP, for UDPTL is in the clear. */
	if (account->fax != TN_FAX_T38 || terms->codec == TN_CODEC_NONE || terms->secure || (!is_offer && !negotiation->image))
		return ENOTSUP;
	negotiation->image = true;
	negotiation->layout = got.layout;
	negotiation->image_line = got.layout.count > 1;
	got.terms.version = 0;
	if (!got.terms.max_rate || got.terms.max_rate > own_rate(account))
		got.terms.max_rate = own_rate(account);
	negotiation->t38 = terms->t38 = got.terms;
	terms->image = true;
	terms->rtp = got.peer;
	return 0;
}

int negotiation_write_image(struct negotiation *negotiation, struct mbuf **description)
{
	struct mbuf *sound = *description, *image;
	struct pl session;
	int err;

	if (!negotiation->image) {
		size_t begin = sound->pos;

		if (!negotiation->image_line)
			return 0;
		sound->pos = sound->end;
		err = mbuf_write_str(sound, REFUSED_IMAGE);
		sound->pos = begin;
		return err;
	}
	image = mbuf_alloc(512);
	if (!image)
		return ENOMEM;
	t38_sdp_session(sound, &session);
	err = t38_sdp_write(image, &session, &negotiation->layout, negotiation->port, &negotiation->t38);
	image->pos = 0;
	mem_deref(err ? image : sound);
	*description = err ? sound : image;
	return err;
}
