/* One event stream per browser. Among its visible tabs the one that holds the lock leads: it listens for all of them and tells the others
   through a BroadcastChannel, because the seventh HTTP/1.1 connection to a host would hang. Hidden tabs want nothing; when the leader is
   hidden or closed, the next one takes the lock and goes on from the last id that was heard. Where there are no locks (plain http on a
   network) each visible tab has a stream of its own.
     Handoff.stream.want(topics)      what this tab wants to hear; [] = nothing
     Handoff.stream.again()           try at once
   It calls Handoff.stream.onSignal(topic, spreadMs), .onOpen(topics, replayed) and .onLost(). */
(() => {
  const RETRY_MS = 1000, RETRY_MAX_MS = 30000;
  const me = `${Date.now()}-${Math.random()}`;
  const channel = window.BroadcastChannel && navigator.locks ? new BroadcastChannel('handoff-live') : null;
  const wishes = new Map(); // tab → topics; the leader's book
  const stream = { onSignal() {}, onOpen() {}, onLost() {} };
  Handoff.stream = stream;
  let wanted = [], step = null, waiting = null, source = null, open = '', lastId = '', spread = 0, delay = RETRY_MS, retry = 0, good = false;

  const hear = ({ kind, topic, topics, ms, id, replayed }) => {
    if (id) lastId = id;
    if (kind === 'signal') stream.onSignal(topic, ms);
    else if (kind === 'open') stream.onOpen(topics, replayed, ms);
    else if (kind === 'lost') stream.onLost();
  };

  const tell = (message) => { channel?.postMessage(message); hear(message); };

  const shut = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
    open = '';
    good = false;
  };

  const lost = () => {
    shut();
    tell({ kind: 'lost' });
    retry = setTimeout(listen, delay * (0.75 + Math.random() / 2) + Math.random() * spread);
    delay = Math.min(delay * 2, RETRY_MAX_MS);
  };

  const opened = (replayed) => {
    delay = RETRY_MS;
    good = true;
    tell({ kind: 'open', topics: open.split(','), replayed, ms: spread });
  };

  const signal = (topic) => (event) => {
    spread = Number(event.data) || 0;
    tell({ kind: 'signal', topic, ms: spread, id: event.lastEventId });
  };

  /* The leader: one stream of all that the tabs want. */
  const listen = () => {
    const topics = [...new Set([...wishes.values()].flat())].sort().join(',');
    if (topics === open && source) {
      if (good) opened(true); // for the tab that has just come
      return;
    }
    shut();
    if (!topics) return;
    open = topics;
    const after = lastId;
    const mine = new EventSource(`${document.body.dataset.events}?topics=${topics}${after ? `&after=${after}` : ''}`);
    source = mine;
    mine.addEventListener('open', () => { if (source === mine) opened(Boolean(after)); });
    mine.addEventListener('error', () => { if (source === mine) lost(); });
    mine.addEventListener('here', (event) => { spread = Number(event.data) || 0; lastId ||= event.lastEventId; });
    ['resync', ...topics.split(',')].forEach((topic) => mine.addEventListener(topic, signal(topic)));
  };

  const lead = () => new Promise((stepDown) => {
    waiting = null;
    if (!wanted.length) { stepDown(); return; }
    step = stepDown;
    wishes.clear();
    wishes.set(me, wanted);
    channel?.postMessage({ kind: 'who' });
    setTimeout(() => { if (step) listen(); }, channel ? 20 : 0); // the others' answers first: one stream instead of two
  });

  const stand = () => {
    if (step || waiting) return;
    if (!channel) { lead(); return; }
    waiting = new AbortController();
    navigator.locks.request('handoff-stream', { signal: waiting.signal }, lead).catch(() => {});
  };

  const leave = () => {
    waiting?.abort();
    waiting = null;
    if (!step) return;
    shut();
    step();
    step = null;
  };

  stream.want = (topics) => {
    wanted = topics;
    channel?.postMessage({ kind: 'want', tab: me, topics });
    if (!topics.length) { leave(); return; }
    if (step) { wishes.set(me, topics); listen(); } else stand();
  };

  stream.again = () => {
    delay = RETRY_MS;
    if (step) { shut(); listen(); } else channel?.postMessage({ kind: 'again' });
  };

  channel?.addEventListener('message', ({ data }) => {
    if (data.kind === 'who') { if (wanted.length) channel.postMessage({ kind: 'want', tab: me, topics: wanted }); return; }
    if (data.kind === 'want' && step) {
      if (data.topics.length) wishes.set(data.tab, data.topics); else wishes.delete(data.tab);
      if (source || data.topics.length) listen();
    } else if (data.kind === 'again' && step) stream.again();
    else if (wanted.length && !step) hear(data);
  });
})();
