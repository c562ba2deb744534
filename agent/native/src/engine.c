/* The engine as a whole: opens its rooms in order and closes them in the reverse one. */
#include "engine.h"
#include "args.h"

#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t engine_lock = PTHREAD_MUTEX_INITIALIZER;
static bool engine_open;

uint32_t tn_abi_version(void)
{
	return TN_ABI_VERSION;
}

static bool config_valid(const struct tn_config *config)
{
	uint32_t rtp_min = config->rtp_port_min ? config->rtp_port_min : 16384;
	uint32_t rtp_max = config->rtp_port_max ? config->rtp_port_max : 32766;
	uint32_t jitter_min = config->jitter_min_ms ? config->jitter_min_ms : 20;
	uint32_t jitter_max = config->jitter_max_ms ? config->jitter_max_ms : 120;

	return config->lines >= 1 && config->lines <= TN_MAX_LINES && config->sip_port <= 65535 &&
	       rtp_min % 2 == 0 && rtp_min < rtp_max && rtp_max <= 65535 && jitter_min <= jitter_max &&
	       jitter_max <= 1000 && config->dscp_media <= 63 && config->dscp_signalling <= 63 &&
	       args_text(config->backend, sizeof(config->backend)) &&
	       args_text(config->local_address, sizeof(config->local_address)) &&
	       args_text(config->user_agent, sizeof(config->user_agent));
}

static int open_rooms(const struct tn_config *config, int *reader_fd)
{
	int result = tn_events_open(reader_fd);

	if (result)
		return result;
	result = tn_lines_open(config);
	if (!result) {
		result = tn_voice_open(config);
		if (!result)
			return 0;
		tn_lines_close();
	}
	tn_events_close();
	close(*reader_fd);
	return result;
}

int32_t tn_open(const struct tn_config *config, int32_t *event_fd)
{
	struct tn_config own;
	int result, reader_fd = -1;

	if (!event_fd)
		return -EINVAL;
	result = args_copy(&own, sizeof(own), config);
	if (result)
		return result;
	if (!config_valid(&own))
		return -EINVAL;
	pthread_mutex_lock(&engine_lock);
	result = engine_open ? -EALREADY : open_rooms(&own, &reader_fd);
	if (!result) {
		engine_open = true;
		*event_fd = reader_fd;
	}
	pthread_mutex_unlock(&engine_lock);
	return result;
}

int32_t tn_close(void)
{
	pthread_mutex_lock(&engine_lock);
	if (engine_open) {
		tn_voice_close(); /* first: it owns the thread that steps the lines */
		tn_lines_close();
		tn_events_close();
		engine_open = false;
	}
	pthread_mutex_unlock(&engine_lock);
	return 0;
}
