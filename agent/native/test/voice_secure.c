/* TLS and SRTP: keys in descriptions, and calls to baresip; whom we do not believe is not spoken to. */
#include "voice_baresip.h"
#include "voice/sdes.h"

static void reads_crypto_lines(void)
{
	struct sdes_line line;
	char text[SDES_TEXT];

	CHECK(sdes_read(&line, "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20"));
	CHECK_INT(line.tag, 1);
	CHECK_INT(line.suite, SRTP_AES_CM_128_HMAC_SHA1_80);
	CHECK(!memcmp(line.key, "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#", SDES_KEY));
	sdes_write(&line, text);
	CHECK_TEXT(text, "1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj");
	CHECK(sdes_read(&line, "7  AES_CM_128_HMAC_SHA1_32   inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj "));
	CHECK_INT(line.suite, SRTP_AES_CM_128_HMAC_SHA1_32);
}

static void refuses_crypto_lines(void)
{
	static const char *const bad[] = {
		"",
		"1",
		"1 AES_CM_128_HMAC_SHA1_80",
		"0 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"99999999 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"1 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAw",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSojd0RmdmcmVCspeEc3",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4",
		"1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj UNENCRYPTED_SRTP",
		"1 AES_CM_128_HMAC_SHA1_80 uri:https://example.net/key",
	};
	struct sdes_line line;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK(!sdes_read(&line, bad[i])))
			printf("  %s\n", bad[i]);
}

/* ---- certificates ---- */

static bool shell(const char *format, const char *one, const char *two)
{
	char command[1024];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(command, sizeof(command), format, baresip_folder, one, two);
#pragma GCC diagnostic pop
	return CHECK(system(command) == 0);
}

/* An authority, a certificate for our far end, one for another name, and one of an authority nobody knows. */
static bool make_certificates(void)
{
	static const char authority[] = "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Test-Authority "
					"-keyout ca.key -out ca.pem 2>/dev/null";
	static const char issue[] = "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=far-end -CA ca.pem -CAkey "
				    "ca.key -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=%s -keyout k -out c "
				    "2>/dev/null && cat c k > %s && rm c k";
	static const char alone[] = "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=far-end -addext "
				    "subjectAltName=%s -keyout k -out c 2>/dev/null && cat c k > %s && rm c k";

	return baresip_make_folder() && shell(authority, "", "") &&
	       shell(issue, "IP:127.0.0.1", "good.pem") && shell(issue, "DNS:elsewhere.test", "wrong.pem") &&
	       shell(alone, "IP:127.0.0.1", "stranger.pem");
}

/* ---- calls ---- */

static void use_account(uint32_t transport, uint32_t security)
{
	struct tn_account account;

	rig_account(&account, "unused");
	strcpy(account.domain, "127.0.0.1");
	account.transport = transport;
	account.proxy_port = RIG_FAR_PORT + (transport == TN_TRANSPORT_TLS ? 1 : 0);
	account.media_security = security;
	strcpy(account.ca_file, baresip_path("ca.pem"));
	CHECK_INT(tn_account(0, &account), 0);
}

/* Calls until the far end has started; the event of the answer, or of the end when it refuses. */
static const char *call(int32_t *handle)
{
	for (int tries = 0; tries < 50; tries++) {
		const char *event;

		*handle = tn_call_dial(0, "bob");
		if (*handle < 0)
			return "";
		do
			event = rig_wait("\"event\":\"call\"", "\"direction\":\"out\"", 10000);
		while (*event && !strstr(event, "\"established\"") && !strstr(event, "\"ended\""));
		if (!strstr(event, "refused\",\"reasonH"))
			return event;
		usleep(100000);
	}
	return "";
}

/* Speaks and listens for a while, and hangs up; the event of the end. */
static const char *speaks(int32_t handle, unsigned more_ms)
{
	char heard[2048];
	const char *event;

	tn_sim_hook(0, 1);
	tn_sim_speak(0, 1004, 0, -100);
	usleep(500000);
	tn_sim_forget(0);
	usleep(1000000);
	usleep(more_ms * 1000);
	CHECK(tn_sim_heard(0, heard, sizeof(heard)) > 0);
	CHECK(rig_number(heard, "activeMs") > 700);
	CHECK_INT(tn_call_hangup(handle, 0, NULL), 0);
	event = rig_wait("\"state\":\"ended\"", NULL, 2000);
	CHECK(rig_number(event, "rxPackets") > 40);
	CHECK_INT(rig_number(event, "rxLost"), 0);
	tn_sim_speak(0, 0, 0, 0);
	tn_sim_hook(0, 0);
	return event;
}

static void speaks_over_tls_and_srtp(void)
{
	pid_t far = baresip_start(baresip_path("good.pem"), ";mediaenc=srtp-mand");
	const char *event;
	int32_t handle;

	use_account(TN_TRANSPORT_TLS, TN_SECURITY_REQUIRED);
	event = call(&handle);
	if (CHECK(strstr(event, "\"established\""))) {
		/* Long enough for a report about us: the far end could open what we sent. */
		event = speaks(handle, 6000);
		CHECK(strstr(event, "\"security\":\"SRTP\""));
		CHECK(rig_number(event, "reports") > 0);
		CHECK_INT(rig_number(event, "txLost"), 0);
	}
	baresip_stop(far);
	/* "Offered" is taken up by a far end that can. */
	far = baresip_start(baresip_path("good.pem"), ";mediaenc=srtp");
	use_account(TN_TRANSPORT_TLS, TN_SECURITY_OFFERED);
	event = call(&handle);
	if (CHECK(strstr(event, "\"established\"")))
		CHECK(strstr(speaks(handle, 0), "\"security\":\"SRTP\""));
	baresip_stop(far);
}

static void refuses_clear_sound_where_it_must(void)
{
	pid_t far = baresip_start(baresip_path("good.pem"), "");
	const char *event;
	int32_t handle;

	use_account(TN_TRANSPORT_TCP, TN_SECURITY_OFFERED);
	event = call(&handle);
	if (CHECK(strstr(event, "\"established\"")))
		CHECK(strstr(speaks(handle, 0), "\"security\":\"\""));
	use_account(TN_TRANSPORT_TCP, TN_SECURITY_REQUIRED);
	event = call(&handle);
	CHECK(strstr(event, "\"state\":\"ended\""));
	CHECK_INT(rig_number(event, "code"), 488);
	baresip_stop(far);
}

static void does_not_speak_to(const char *certificate, const char *why)
{
	pid_t far = baresip_start(baresip_path(certificate), ";mediaenc=srtp-mand");
	const char *event;
	int32_t handle;

	usleep(700000);
	use_account(TN_TRANSPORT_TLS, TN_SECURITY_REQUIRED);
	event = rig_wait("\"state\":\"failed\"", "certificate refused", 8000);
	if (!CHECK(strstr(event, why)))
		printf("  %s", event);
	event = call(&handle);
	CHECK(strstr(event, "\"by\":\"error\""));
	baresip_stop(far);
	CHECK_INT(tn_account(0, NULL), 0);
}

int main(void)
{
	reads_crypto_lines();
	refuses_crypto_lines();
	if (!make_certificates() || !CHECK(rig_open_engine() == 0))
		return check_summary("voice_secure");
	does_not_speak_to("wrong.pem", "IP address mismatch");
	does_not_speak_to("stranger.pem", "self-signed certificate");
	speaks_over_tls_and_srtp();
	refuses_clear_sound_where_it_must();
	rig_close();
	baresip_tidy();
	return check_summary("voice_secure");
}
