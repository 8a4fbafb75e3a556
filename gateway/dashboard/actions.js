// An operator's actions: close a connection, drain the gateway. The page asks for confirmation, and
// for the token if the action needs one.

import { ApiError, drainGateway, forgetToken, hasToken, kickConnection, setToken } from "./api.js";
import { askToken, confirmAction, showToast } from "./dialogs.js";
import { countText } from "./format.js";

/**
 * Asks for confirmation, then closes a connection.
 *
 * @param {{ readonly id: number, readonly remote: string }} connection
 */
export async function kick({ id, remote }) {
  const isMeant = await confirmAction({
    title: `Close the connection of ${remote}?`,
    text: "Data queued for it is lost. Its SAs stay, and the client may reconnect at once.",
    action: "Close connection",
  });
  if (isMeant) await act(() => kickConnection(id), `Closed the connection of ${remote}`);
}

/**
 * Asks for confirmation, then drains the gateway.
 *
 * @param {number} open How many connections are open
 */
export async function drain(open) {
  const isMeant = await confirmAction({
    title: "Drain the gateway?",
    text: `It accepts no more connections. Open connections (${countText(open)}) close as their ` +
      "queues empty, and /readyz fails from now on. Only a restart ends this.",
    action: "Drain",
  });
  if (isMeant) await act(drainGateway, "The gateway is draining");
}

/**
 * Runs an action. If it turns out to need a token, asks for one and runs it again.
 *
 * @param {() => Promise<void>} action
 * @param {string} done The message for success
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
      showToast("It had already closed");
      return;
    }
    showToast(`It did not work: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Asks for a token and keeps it.
 *
 * @param {string} why What the operator reads
 * @returns {Promise<boolean>} False if no token was given
 */
export async function giveToken(why) {
  const wasWrong = hasToken();
  forgetToken();
  const token = await askToken(wasWrong ? "The token was not accepted." : why);
  if (token !== undefined) setToken(token);
  return token !== undefined;
}
