/* SIP over TLS (RFC 3261 §26.3, RFC 5922): whom we believe. Each connection shows a certificate for the name of the account's
 * proxy, signed by an authority of the account's list; there is no way around it, and no fall-back to clear text.
 * SIP thread only. */
#ifndef TN_VOICE_TRUST_H
#define TN_VOICE_TRUST_H

#include <re.h>

#define TRUST_DEFAULT_FILE "/etc/ssl/certs/ca-certificates.crt"

/* Makes *tls (NULL: a new context, TLS 1.2 at least) believe the authorities of the system and of a PEM file ("" = none); errno. */
int trust_add(struct tls **tls, const char *ca_file);
/* Forgets which files were read: the context they were read into has gone. */
void trust_forget(void);
/* Why the last connection was not believed, "" when none was refused; the text is taken. */
const char *trust_take_problem(void);

/* The name that a server at an address has to prove, NULL for one nobody asked for. Given by the room. */
const char *trust_name_of(const struct sa *peer);

#endif
