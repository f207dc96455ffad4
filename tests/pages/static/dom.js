// The few parts of a browser that the scripts touch when they are loaded. Import this before a script.

export const requests = [];
export const answers = [];

const listen = () => {};
globalThis.addEventListener = listen;
globalThis.document = {
  addEventListener: listen,
  documentElement: { lang: "en" },
  hidden: false,
  body: {
    dataset: {
      viewer: "7",
      keys: "undo=z,u shortcuts=? confirm=Enter insert=Tab earlier=Alt+ArrowUp send=Ctrl+Enter down=ArrowDown up=ArrowUp find=Ctrl+k close=Escape",
      ranking: '{"z": 1.96, "halvedAfter": 30, "lift": 0.25}',
    },
  },
  querySelector: () => null,
  querySelectorAll: () => [],
};
globalThis.localStorage = { getItem: () => null, setItem: listen, removeItem: listen };
globalThis.fetch = async (address, { method, body }) => {
  requests.push({ method, address, body: body && JSON.parse(body) });
  const { status = 200, data = {} } = answers.shift() ?? {};
  return { ok: status < 400, status, json: async () => data };
};

/** A question as the page of a room has it. */
export function question({ id, state = "live", votes = 0, minutes = 0, place = 0, balance = 1 }) {
  const dateTime = new Date(Date.now() - minutes * 60000).toISOString();
  return {
    dataset: { id, state, votes: String(votes), place, balance },
    querySelector: (selector) => (selector === ".by time" ? { dateTime } : null),
  };
}
