/* For tests of the voice room: baresip as an independent far end that answers at once and plays a tone. */
#ifndef TN_TEST_VOICE_BARESIP_H
#define TN_TEST_VOICE_BARESIP_H

#include "voice_rig.h"

#include <sys/stat.h>

static char baresip_folder[64];

static inline void baresip_write(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", baresip_folder, name);
	file = fopen(path, "w");
	if (CHECK(file != NULL)) {
		fputs(text, file);
		fclose(file);
	}
}

static inline const char *baresip_path(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", baresip_folder, name);
	return path;
}

/* 800 Hz, ten seconds at 8 kHz mono, or half as long at 16 kHz; baresip plays a file only in the codec's own rate. */
static inline void baresip_make_tone(bool wide)
{
	uint8_t header[44] = "RIFF\x24\x71\x02\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00"
					  "\x02\x00\x10\x00" "data\x00\x71\x02\x00";
	FILE *file = fopen(baresip_path("tone.wav"), "wb");

	if (!CHECK(file != NULL))
		return;
	if (wide) {
		header[25] = 0x3e; /* 16000 samples, 32000 bytes a second */
		header[24] = 0x80;
		header[29] = 0x7d;
		header[28] = 0x00;
	}
	fwrite(header, sizeof(header), 1, file);
	for (int i = 0; i < 80000; i++) {
		int16_t sample = (int16_t)(8000 * sin(2 * M_PI * 800 * i / (wide ? 16000 : 8000)));

		fwrite(&sample, sizeof(sample), 1, file);
	}
	fclose(file);
}

static inline bool baresip_make_folder(void)
{
	strcpy(baresip_folder, "/tmp/tonalite-baresip-XXXXXX");
	return CHECK(mkdtemp(baresip_folder) != NULL);
}

/* Listens on RIG_FAR_PORT (UDP, TCP) and the port after it (TLS, with the certificate and key in the file `certificate`, "" = without); `account`
 * holds parameters of its account, for example ";mediaenc=srtp-mand". */
static inline pid_t baresip_start(const char *certificate, const char *account)
{
	char text[2048];

	baresip_make_tone(strstr(account, "/16000"));
	snprintf(text, sizeof(text),
		 "net_interface 127.0.0.1\nsip_listen 127.0.0.1:%u\n%s%s\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\n"
		 "module g722.so\nmodule g726.so\nmodule srtp.so\nmodule aufile.so\nmodule aubridge.so\nmodule_app account.so\n"
		 "audio_source aufile,%s\naudio_player aubridge,sink\naudio_alert aubridge,none\nrtp_ports %u-%u\n"
		 "audio_telev_pt 101\n",
		 RIG_FAR_PORT, *certificate ? "sip_certificate " : "", certificate, baresip_path("tone.wav"), RIG_MEDIA_PORT, RIG_MEDIA_PORT + 10);
	baresip_write("config", text);
	snprintf(text, sizeof(text), "<sip:bob@127.0.0.1:%u>;regint=0;answermode=auto%s\n", RIG_FAR_PORT, account);
	baresip_write("accounts", text);
	baresip_write("contacts", "");
	return rig_start((const char *const[]){ "baresip", "-f", baresip_folder, "-4", NULL });
}

static inline void baresip_stop(pid_t child)
{
	kill(child, SIGTERM);
	for (int i = 0; i < 300 && waitpid(child, NULL, WNOHANG) == 0; i++)
		usleep(10000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static inline void baresip_tidy(void)
{
	static const char *const files[] = { "config", "accounts", "contacts", "uuid", "ca.pem", "ca.key", "tone.wav", "good.pem", "wrong.pem",
					     "stranger.pem" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		(void)unlink(baresip_path(files[i]));
	(void)rmdir(baresip_folder);
}

#endif
