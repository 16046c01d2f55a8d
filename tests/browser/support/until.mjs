// Waits for a condition, with a deadline: tests never sleep for a fixed time and hope.

const kPollMs = 100;

// Calls `probe` until it returns something true, and returns that. `what` and the last answer of `describe`
// name what was missing.
export async function until(what, probe, { timeout_ms = 30000, describe } = {}) {
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) {
      const last = describe ? `; last seen: ${JSON.stringify(await describe())}` : '';
      throw new Error(`not within ${timeout_ms} ms: ${what}${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, kPollMs));
  }
}
