/* What other threads ask of the SIP thread. */
#ifndef TN_VOICE_COMMAND_H
#define TN_VOICE_COMMAND_H

#include "account.h"

#include <stdbool.h>

#define COMMAND_REASON 80

enum command_kind { COMMAND_REGISTER, COMMAND_UNREGISTER, COMMAND_DIAL, COMMAND_ANSWER, COMMAND_HANG_UP, COMMAND_HOLD, COMMAND_CONFERENCE,
		    COMMAND_TRANSFER, COMMAND_JOIN, COMMAND_DIGIT, COMMAND_FAX, COMMAND_CLOSE };

struct command {
	enum command_kind kind;
	int line;
	int32_t call, other;
	int code;
	bool on;                       /* COMMAND_HOLD, COMMAND_CONFERENCE */
	bool anonymous, probe;         /* COMMAND_DIAL */
	char text[COMMAND_REASON];     /* number to dial or to transfer to, reason of hanging up, digit */
	struct account account;        /* COMMAND_REGISTER */
};

/* Copies the command to the SIP thread and returns; -ENODEV when the engine is closed, -EAGAIN when it is flooded. */
int command_post(const struct command *command);
/* The SIP thread's side, in desk.c. */
void command_perform(const struct command *command);

#endif
