#include "t38-sdp.h"

#include <errno.h>
#include <string.h>

#define RATE_DEFAULT 14400        /* T.38 D.2.3.1: without the attribute, the fastest of version 0 */
#define DATAGRAM_DEFAULT 400
#define DATAGRAM_MIN 72           /* less leaves no room for one message */
#define OUR_BUFFER 2000

struct lines {
	const char *at, *end;
};

/* The next line without its end. */
static bool next_line(struct lines *lines, struct pl *line)
{
	const char *end;

	if (lines->at >= lines->end)
		return false;
	end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	line->p = lines->at;
	line->l = (size_t)((end ? end : lines->end) - lines->at);
	lines->at = end ? end + 1 : lines->end;
	if (line->l && line->p[line->l - 1] == '\r')
		line->l--;
	return true;
}

static bool is_media(const struct pl *line)
{
	return line->l > 2 && !strncmp(line->p, "m=", 2);
}

static bool is_image(const struct pl *line)
{
	return line->l > 8 && !strncasecmp(line->p, "m=image ", 8);
}

bool t38_sdp_has_image(const char *text, size_t length)
{
	struct lines lines = { text, text + length };
	struct pl line;

	while (next_line(&lines, &line))
		if (is_image(&line))
			return true;
	return false;
}

/* "c=IN IP4 192.0.2.1" */
static void read_address(const struct pl *line, struct sa *address)
{
	uint16_t port = sa_port(address);
	struct pl host;

	if (!re_regex(line->p, line->l, "c=IN IP[46]1 [^ /]+", NULL, &host) && !sa_set(address, &host, port))
		return;
	sa_init(address, AF_UNSPEC);
}

static bool has_value(const struct pl *line, const char *name, struct pl *value)
{
	size_t length = strlen(name);

	if (line->l < length + 2 || strncmp(line->p, "a=", 2) || strncasecmp(line->p + 2, name, length))
		return false;
	value->p = line->p + 2 + length;
	value->l = line->l - 2 - length;
	if (value->l && *value->p != ':')
		return false;
	pl_advance(value, value->l ? 1 : 0);
	return true;
}

static void read_attribute(const struct pl *line, struct t38_terms *terms)
{
	struct pl value;

	if (has_value(line, "T38FaxVersion", &value))
		terms->version = pl_u32(&value);
	else if (has_value(line, "T38MaxBitRate", &value))
		terms->max_rate = pl_u32(&value);
	else if (has_value(line, "T38FaxMaxDatagram", &value))
		terms->max_datagram = pl_u32(&value);
	else if (has_value(line, "T38FaxRateManagement", &value))
		terms->local_tcf = !pl_strcasecmp(&value, "localTCF");
	else if (has_value(line, "T38FaxUdpEC", &value))
		terms->recovery = !pl_strcasecmp(&value, "t38UDPFEC")	   ? T38_RECOVERY_PARITY
				  : !pl_strcasecmp(&value, "t38UDPRedundancy") ? T38_RECOVERY_REDUNDANCY
									       : T38_RECOVERY_NONE;
}

/* m=<kind> <port>[/<count>] <transport> <formats>: the same with port 0. */
static bool refuse(const struct pl *line, char out[64])
{
	struct pl kind, transport, format;

	return !re_regex(line->p, line->l, "m=[^ ]+ [0-9/]+ [^ ]+ [^ ]+", &kind, NULL, &transport, &format) &&
	       re_snprintf(out, 64, "m=%r 0 %r %r", &kind, &transport, &format) > 0;
}

/* Port of a T.38 image over UDPTL; 0: something else. */
static uint16_t image_port(const struct pl *line)
{
	struct pl number, transport, format;

	if (!is_image(line) || re_regex(line->p, line->l, "m=[^ ]+ [0-9]+ [^ ]+ [^ ]+", NULL, &number, &transport, &format) ||
	    pl_strcasecmp(&transport, "udptl") || pl_strcasecmp(&format, "t38") || pl_u32(&number) > 65535)
		return 0;
	return (uint16_t)pl_u32(&number);
}

/* ENOENT: sound is wanted, whatever else is. */
static int read_media(const struct pl *line, struct t38_description *description, uint16_t *port)
{
	struct t38_layout *layout = &description->layout;
	uint16_t found = *port ? 0 : image_port(line);
	struct pl number;

	if (layout->count == T38_LINES)
		return EBADMSG;
	if (found) {
		*port = found;
		layout->image = layout->count;
		layout->refused[layout->count++][0] = '\0';
		return 0;
	}
	if (!re_regex(line->p, line->l, "m=audio [0-9]+", &number) && pl_u32(&number))
		return ENOENT;
	return refuse(line, layout->refused[layout->count++]) ? 0 : EBADMSG;
}

int t38_sdp_read(const char *text, size_t length, struct t38_description *description)
{
	struct lines lines = { text, text + length };
	struct sa session;
	bool in_media = false, in_image = false;
	uint16_t port = 0;
	struct pl line;
	int err;

	memset(description, 0, sizeof(*description));
	sa_init(&session, AF_UNSPEC);
	description->terms = (struct t38_terms){ .max_rate = RATE_DEFAULT, .max_datagram = DATAGRAM_DEFAULT,
						 .recovery = T38_RECOVERY_NONE };
	while (next_line(&lines, &line)) {
		if (is_media(&line)) {
			uint16_t before = port;

			err = read_media(&line, description, &port);
			if (err)
				return err;
			in_media = true;
			in_image = port != before;
			if (in_image)
				description->peer = session;
		} else if (line.l > 2 && !strncmp(line.p, "c=", 2)) {
			if (!in_media)
				read_address(&line, &session);
			else if (in_image)
				read_address(&line, &description->peer);
		} else if (in_image) {
			read_attribute(&line, &description->terms);
		}
	}
	if (!port)
		return ENOENT;
	if (!sa_isset(&description->peer, SA_ADDR))
		return EBADMSG;
	sa_set_port(&description->peer, port);
	if (description->terms.max_datagram < DATAGRAM_MIN)
		description->terms.max_datagram = DATAGRAM_DEFAULT;
	return 0;
}

int t38_sdp_write(struct mbuf *out, const struct pl *session, const struct t38_layout *layout, uint16_t port,
		  const struct t38_terms *terms)
{
	int err = mbuf_write_pl(out, session);

	for (unsigned i = 0; i < layout->count && !err; i++) {
		if (i != layout->image) {
			err = mbuf_printf(out, "%s\r\n", layout->refused[i]);
			continue;
		}
		err = mbuf_printf(out,
				  "m=image %u udptl t38\r\na=T38FaxVersion:%u\r\na=T38MaxBitRate:%u\r\n"
				  "a=T38FaxRateManagement:%s\r\na=T38FaxMaxBuffer:%u\r\na=T38FaxMaxDatagram:%u\r\n",
				  port, terms->version, terms->max_rate, terms->local_tcf ? "localTCF" : "transferredTCF",
				  OUR_BUFFER, T38_DATAGRAM);
		if (!err && terms->recovery != T38_RECOVERY_NONE)
			err = mbuf_printf(out, "a=T38FaxUdpEC:%s\r\n",
					  terms->recovery == T38_RECOVERY_PARITY ? "t38UDPFEC" : "t38UDPRedundancy");
	}
	return err;
}

void t38_sdp_session(const struct mbuf *description, struct pl *session)
{
	struct lines lines = { (const char *)mbuf_buf(description), (const char *)mbuf_buf(description) + mbuf_get_left(description) };
	struct pl line;

	session->p = lines.at;
	session->l = mbuf_get_left(description);
	while (next_line(&lines, &line))
		if (is_media(&line)) {
			session->l = (size_t)(line.p - session->p);
			return;
		}
}

void t38_sdp_strip(struct mbuf *description)
{
	struct lines lines = { (const char *)mbuf_buf(description), (const char *)mbuf_buf(description) + mbuf_get_left(description) };
	size_t kept = description->pos;
	bool in_image = false;
	struct pl line;

	while (next_line(&lines, &line)) {
		size_t whole = (size_t)(lines.at - line.p);

		if (is_media(&line))
			in_image = is_image(&line);
		if (in_image)
			continue;
		memmove(description->buf + kept, line.p, whole);
		kept += whole;
	}
	description->end = kept;
}
