#include "trust.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 4

static struct {
	char files[FILES_MAX][256];    /* read into the context */
	unsigned count;
	char problem[160], taken[160];
} trust;

/* In libre's header only where it was itself compiled with OpenSSL; Debian's was. */
SSL_CTX *tls_openssl_context(const struct tls *tls);

static int on_certificate(int good, X509_STORE_CTX *context)
{
	if (!good)
		snprintf(trust.problem, sizeof(trust.problem), "certificate refused: %s",
			 X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
	return good;
}

static bool is_read(const char *file)
{
	for (unsigned i = 0; i < trust.count; i++)
		if (!strcmp(trust.files[i], file))
			return true;
	return false;
}

static int read_file(struct tls *tls, const char *file)
{
	if (is_read(file))
		return 0;
	if (trust.count == FILES_MAX || strlen(file) >= sizeof(trust.files[0]))
		return ENOSPC;
	if (tls_add_ca(tls, file)) {
		snprintf(trust.problem, sizeof(trust.problem), "no certificates in %.120s", file);
		return EPROTO;
	}
	strcpy(trust.files[trust.count++], file);
	return 0;
}

int trust_add(struct tls **tls, const char *ca_file)
{
	int err = 0;

	if (!*tls) {
		trust_forget();
		err = tls_alloc(tls, TLS_METHOD_SSLV23, NULL, NULL);
		if (err)
			return err;
		SSL_CTX_set_min_proto_version(tls_openssl_context(*tls), TLS1_2_VERSION);
		SSL_CTX_set_verify(tls_openssl_context(*tls), SSL_VERIFY_PEER, on_certificate);
	}
	/* A small system has no such file: then the account's own must do. */
	if (!*ca_file || !access(TRUST_DEFAULT_FILE, R_OK))
		err = read_file(*tls, TRUST_DEFAULT_FILE);
	return err || !*ca_file ? err : read_file(*tls, ca_file);
}

void trust_forget(void)
{
	trust.count = 0;
	trust.problem[0] = '\0';
}

const char *trust_take_problem(void)
{
	strcpy(trust.taken, trust.problem);
	trust.problem[0] = '\0';
	return trust.taken;
}

/* libre starts TLS without a name: it neither says whom it wants (RFC 6066 §3) nor looks whom it got. The linker leads its calls
 * here (--wrap). A connection that is not yet made has no peer to ask for, so the address is kept from the call before. */
int __real_tcp_connect(struct tcp_conn **connection, const struct sa *peer, tcp_estab_h *on_established, tcp_recv_h *on_data,
		       tcp_close_h *on_close, void *argument);
int __wrap_tcp_connect(struct tcp_conn **connection, const struct sa *peer, tcp_estab_h *on_established, tcp_recv_h *on_data,
		       tcp_close_h *on_close, void *argument);
int __real_tls_start_tcp(struct tls_conn **connection, struct tls *tls, struct tcp_conn *tcp, int layer);
int __wrap_tls_start_tcp(struct tls_conn **connection, struct tls *tls, struct tcp_conn *tcp, int layer);

static _Thread_local struct {
	const struct tcp_conn *connection;
	struct sa peer;
} dialled;

int __wrap_tcp_connect(struct tcp_conn **connection, const struct sa *peer, tcp_estab_h *on_established, tcp_recv_h *on_data,
		       tcp_close_h *on_close, void *argument)
{
	int err = __real_tcp_connect(connection, peer, on_established, on_data, on_close, argument);

	dialled.connection = err ? NULL : *connection;
	dialled.peer = *peer;
	return err;
}

int __wrap_tls_start_tcp(struct tls_conn **connection, struct tls *tls, struct tcp_conn *tcp, int layer)
{
	const char *name = tcp == dialled.connection ? trust_name_of(&dialled.peer) : NULL;
	struct tls_conn *made = NULL;
	struct sa literal;
	int err;

	/* Somebody else's connection too: a box has no certificate to show. */
	if (!name) {
		snprintf(trust.problem, sizeof(trust.problem), "TLS with a stranger refused");
		return EACCES;
	}
	err = __real_tls_start_tcp(&made, tls, tcp, layer);
	if (!err)
		err = tls_set_verify_server(made, name);
	/* RFC 6066 §3: an address is no server name. */
	if (!err && sa_set_str(&literal, name, 0))
		err = tls_set_servername(made, name);
	if (err)
		mem_deref(made);
	else
		*connection = made;
	return err;
}
