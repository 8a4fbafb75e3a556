// What an operator can do from the page: close a connection, drain the gateway. Each is confirmed, and asks for the token if it needs one.

import { ApiError, drainGateway, forgetToken, hasToken, kickConnection, setToken } from "./api.js";
import { askToken, confirmAction, showToast } from "./dialogs.js";
import { countText } from "./format.js";

/**
 * Closes a connection.
 *
 * @param {{ readonly id: number, readonly remote: string }} connection
 */
export async function kick({ id, remote }) {
  const isMeant = await confirmAction({
    title: `Close the connection of ${remote}?`,
    text: "What is queued for it is lost. Its SAs stay, and the client may connect again at once.",
    action: "Close connection",
  });
  if (isMeant) await act(() => kickConnection(id), `Closed the connection of ${remote}`);
}

/**
 * Drains the gateway.
 *
 * @param {number} open Connections that there are
 */
export async function drain(open) {
  const isMeant = await confirmAction({
    title: "Drain the gateway?",
    text: `It takes no new connections, and closes the ${countText(open)} that are open as their ` +
      "queues empty. /readyz fails from now on. Only a restart ends it.",
    action: "Drain",
  });
  if (isMeant) await act(drainGateway, "The gateway drains");
}

/**
 * Does something, with a token when it turns out to need one.
 *
 * @param {() => Promise<void>} action
 * @param {string} done What to say then
 */
async function act(action, done) {
  try {
    await action();
    showToast(done);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      if (await giveToken("This action needs the API's token.")) await act(action, done);
      return;
    }
    if (error instanceof ApiError && error.status === 404) {
      showToast("It was gone already");
      return;
    }
    showToast(`Not done: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Asks for a token and keeps it.
 *
 * @param {string} why
 * @returns {Promise<boolean>} False if none was given
 */
export async function giveToken(why) {
  const wasWrong = hasToken();
  forgetToken();
  const token = await askToken(wasWrong ? "The token was not accepted." : why);
  if (token !== undefined) setToken(token);
  return token !== undefined;
}
