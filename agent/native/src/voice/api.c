/* The ABI calls of the voice room: check, post to the SIP thread, return at once. */
#include "command.h"
#include "switchboard.h"

#include "../args.h"

static bool copy_text(char *to, size_t capacity, const char *from)
{
	size_t length = strnlen(from, capacity);

	if (length == capacity)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)from[i] < 0x20 || from[i] == 0x7f)
			return false;
	memcpy(to, from, length + 1);
	return true;
}

int32_t tn_account(int32_t line, const struct tn_account *account)
{
	struct command command = { .kind = COMMAND_UNREGISTER, .line = line };
	struct tn_account own;
	int result;

	if (!switchboard_has_line(line))
		return -ENODEV;
	if (account) {
		result = args_copy(&own, sizeof(own), account);
		if (!result)
			result = account_read(&command.account, &own);
		if (result)
			return result;
		command.kind = COMMAND_REGISTER;
	}
	switchboard_set_account(line, account ? command.account.calls : 0);
	return command_post(&command);
}

int32_t tn_call_dial(int32_t line, const char *number)
{
	return tn_call_place(line, number, NULL);
}

int32_t tn_call_place(int32_t line, const char *number, const struct tn_wishes *wishes)
{
	struct command command = { .kind = COMMAND_DIAL, .line = line };
	struct tn_wishes own;
	int result = wishes ? args_copy(&own, sizeof(own), wishes) : 0;

	if (result)
		return result;
	command.anonymous = wishes && own.anonymous;
	command.probe = wishes && own.probe;
	if (!number || !*number || !copy_text(command.text, sizeof(command.text), number))
		return -EINVAL;
	command.call = switchboard_take(line, false);
	if (command.call < 0)
		return command.call;
	if (command.probe)
		switchboard_put_aside(line, command.call);
	result = command_post(&command);
	if (result) {
		switchboard_release(line, command.call);
		return result;
	}
	return command.call;
}

int32_t tn_call_answer(int32_t call)
{
	struct command command = { .kind = COMMAND_ANSWER, .call = call };
	bool incoming;

	command.line = switchboard_find(call, &incoming);
	if (command.line < 0)
		return command.line;
	return incoming ? command_post(&command) : -EINVAL;
}

int32_t tn_call_hangup(int32_t call, int32_t code, const char *reason)
{
	struct command command = { .kind = COMMAND_HANG_UP, .call = call, .code = code };

	if (code != 0 && code != 302 && (code < 400 || code > 699))
		return -EINVAL;
	if (reason && !copy_text(command.text, sizeof(command.text), reason))
		return -EINVAL;
	command.line = switchboard_find(call, NULL);
	return command.line < 0 ? command.line : command_post(&command);
}

int32_t tn_call_hold(int32_t call, int32_t on)
{
	struct command command = { .kind = COMMAND_HOLD, .call = call, .on = on != 0 };

	command.line = switchboard_find(call, NULL);
	return command.line < 0 ? command.line : command_post(&command);
}

int32_t tn_line_conference(int32_t line, int32_t on)
{
	struct command command = { .kind = COMMAND_CONFERENCE, .line = line, .on = on != 0 };

	return switchboard_has_line(line) ? command_post(&command) : -ENODEV;
}

int32_t tn_call_transfer(int32_t call, const char *number)
{
	struct command command = { .kind = COMMAND_TRANSFER, .call = call };

	if (!number || !*number || !copy_text(command.text, sizeof(command.text), number))
		return -EINVAL;
	command.line = switchboard_find(call, NULL);
	return command.line < 0 ? command.line : command_post(&command);
}

int32_t tn_call_join(int32_t call, int32_t other)
{
	struct command command = { .kind = COMMAND_JOIN, .call = call, .other = other };

	command.line = switchboard_find(call, NULL);
	if (command.line < 0 || switchboard_find(other, NULL) < 0)
		return -ENOENT;
	if (call == other || switchboard_find(other, NULL) != command.line)
		return -EINVAL;
	return command_post(&command);
}
