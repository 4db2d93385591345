/* Live pages. The server sends names, not HTML: /events?topics=item-<uuid>,order-<uuid>,queue answers with named events. An element
     <div id data-live="item-<uuid>" hx-get="its own address" hx-trigger="live" hx-swap="outerMorph">
   fetches itself again when one of its topics is named, or `resync`. One stream per page, of all topics that stand on it.
   Signals about lists ("queue": a topic without "-") are coalesced. A hidden tab closes its stream; a browser holds at most
   four, because the seventh HTTP/1.1 connection to a host would hang: further windows ask every ten seconds instead. */
(() => {
  const LOST_MS = 5000, ASK_MS = 10000, SAFETY_MS = 30000, LIST_MS = 2000, RETRY_MS = 1000, RETRY_MAX_MS = 30000, STREAMS = 4;
  const base = document.body.dataset.events;
  const lists = new WeakMap();
  let source = null, release = null, attempt = 0, delay = RETRY_MS, topicsOpen = '', lastAll = 0, lostTimer = 0, retryTimer = 0, state = '';

  const elements = () => [...document.querySelectorAll('[data-live]')];
  const topics = () => [...new Set(elements().flatMap((element) => element.dataset.live.split(/\s+/)))].filter(Boolean).sort().join(',');
  const fetchAgain = (element) => { if (element.isConnected) htmx.trigger(element, 'live', {}, false); };

  const fetchAll = () => {
    lastAll = Date.now();
    elements().filter((element) => !element.parentElement.closest('[data-live]')).forEach(fetchAgain);
  };

  const fetchListSoon = (element) => {
    const plan = lists.get(element) || { next: 0, timer: 0 };
    if (plan.timer) return;
    const wait = Math.max(Math.random() * 250, plan.next - Date.now());
    plan.timer = setTimeout(() => {
      plan.timer = 0;
      plan.next = Date.now() + LIST_MS + Math.random() * 1000;
      fetchAgain(element);
    }, wait);
    lists.set(element, plan);
  };

  const signalled = (topic) => elements().filter((element) => element.dataset.live.split(/\s+/).includes(topic))
    .forEach(topic.includes('-') ? fetchAgain : fetchListSoon);

  const WORDS = { live: 'Live', asking: 'Updates every 10 s', paused: 'Live updates paused' };

  const show = (next) => {
    const place = document.getElementById('live');
    if (state === next || !place) return;
    if (next === 'paused' || state === 'paused') Handoff.announce(next === 'paused' ? WORDS.paused : 'Live updates are back');
    state = next;
    document.documentElement.dataset.uiLive = next;
    place.hidden = !next;
    place.dataset.state = next;
    place.replaceChildren(WORDS[next] || '');
    if (next === 'paused') place.append(reconnectButton());
  };

  const reconnectButton = () => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = 'Reconnect';
    button.addEventListener('click', () => { delay = RETRY_MS; fetchAll(); open(); });
    return button;
  };

  /* One of the browser's few streams, held until the returned function is called; null if all are taken. */
  const takeStream = async () => {
    if (!navigator.locks) return () => {};
    for (let number = 0; number < STREAMS; number += 1) {
      const got = await new Promise((tell) => {
        navigator.locks.request(`handoff-stream-${number}`, { ifAvailable: true },
          (lock) => (lock ? new Promise((free) => tell(free)) : tell(null)));
      });
      if (got) return got;
    }
    return null;
  };

  const close = () => {
    attempt += 1;
    clearTimeout(retryTimer);
    source?.close();
    release?.();
    source = release = null;
  };

  const opened = () => {
    clearTimeout(lostTimer);
    lostTimer = 0;
    delay = RETRY_MS;
    show('live');
    fetchAll(); // whatever was said between the page's making and now
  };

  const lost = () => {
    close();
    if (!lostTimer) lostTimer = setTimeout(() => { show('paused'); fetchAll(); }, LOST_MS);
    retryTimer = setTimeout(open, delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, RETRY_MAX_MS);
  };

  const open = async () => {
    close();
    topicsOpen = topics();
    if (!topicsOpen) { show(''); return; }
    if (document.hidden || !base) return;
    const mine = attempt;
    const free = await takeStream();
    if (mine !== attempt) { free?.(); return; }
    if (!free) { show('asking'); retryTimer = setTimeout(open, SAFETY_MS); return; }
    release = free;
    source = new EventSource(`${base}?topics=${topicsOpen}`);
    source.addEventListener('open', opened);
    source.addEventListener('error', lost);
    source.addEventListener('resync', fetchAll);
    topicsOpen.split(',').forEach((topic) => source.addEventListener(topic, () => signalled(topic)));
  };

  const tick = () => {
    if (document.hidden || !topicsOpen) return;
    const every = state === 'live' ? SAFETY_MS : ASK_MS;
    if (state && Date.now() - lastAll >= every) fetchAll();
  };

  const look = () => {
    if (document.hidden) { close(); clearTimeout(lostTimer); lostTimer = 0; return; }
    delay = RETRY_MS;
    open();
  };

  document.addEventListener('visibilitychange', look);
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', (event) => { if (event.persisted) look(); });
  document.addEventListener('htmx:after:swap', () => { if (topics() !== topicsOpen) open(); });
  setInterval(tick, 1000);
  document.addEventListener('DOMContentLoaded', open);
})();
