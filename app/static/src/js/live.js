/* Live pages. The server sends names, not HTML: /events?topics=item-<uuid>,order-<uuid>,queue answers with named events. An element
     <div id data-live="item-<uuid>" hx-get="its own address" hx-trigger="live" hx-swap="outerMorph">
   fetches itself again when one of its topics is named, or `resync`. A topic without "-" is a list: fetched at most every 2–3 s, and spread
   over the time that the server names when many pages are open. Stream and sharing among tabs: stream.js. */
(() => {
  const LOST_MS = 5000, ASK_MS = 10000, SAFETY_MS = 30000, LIST_MS = 2000, FEW_MS = 250;
  const lists = new WeakMap();
  let heard = '', lastAll = 0, lostTimer = 0, soon = 0, state = '';

  const elements = () => [...document.querySelectorAll('[data-live]')];
  const topics = () => (document.hidden ? [] : [...new Set(elements().flatMap((element) => element.dataset.live.split(/\s+/)))].filter(Boolean).sort());
  const fetchAgain = (element) => { if (element.isConnected) htmx.trigger(element, 'live', {}, false); };

  const fetchAll = () => {
    clearTimeout(soon);
    soon = 0;
    lastAll = Date.now();
    elements().filter((element) => !element.parentElement.closest('[data-live]')).forEach(fetchAgain);
  };

  const fetchAllWithin = (ms) => { if (!soon) soon = setTimeout(fetchAll, Math.random() * ms); };

  const fetchListSoon = (element, ms) => {
    const plan = lists.get(element) || { next: 0, timer: 0 };
    if (plan.timer) return;
    const own = ms <= FEW_MS ? Math.random() * FEW_MS : FEW_MS + Math.random() * ms; // where many are open, the changed item itself goes first
    const wait = Math.max(own, plan.next - Date.now());
    plan.timer = setTimeout(() => {
      plan.timer = 0;
      plan.next = Date.now() + LIST_MS + Math.random() * 1000;
      fetchAgain(element);
    }, wait);
    lists.set(element, plan);
  };

  const WORDS = { live: 'Live', paused: 'Live updates paused' };

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
    button.addEventListener('click', () => { fetchAll(); Handoff.stream.again(); });
    return button;
  };

  const calm = () => { clearTimeout(lostTimer); lostTimer = 0; };

  Handoff.stream.onSignal = (topic, ms) => {
    if (topic === 'resync') { fetchAllWithin(ms); return; }
    elements().filter((element) => element.dataset.live.split(/\s+/).includes(topic))
      .forEach((element) => (topic.includes('-') ? fetchAgain(element) : fetchListSoon(element, ms)));
  };

  Handoff.stream.onOpen = (open, replayed, ms) => {
    const mine = topics();
    if (!mine.length || !mine.every((topic) => open.includes(topic))) return;
    calm();
    if (!replayed || heard !== mine.join()) fetchAllWithin(heard ? ms : 0); // whatever was said between the page's making and now
    heard = mine.join();
    show('live');
  };

  Handoff.stream.onLost = () => {
    if (!lostTimer && state !== 'paused') lostTimer = setTimeout(() => { lostTimer = 0; show('paused'); fetchAll(); }, LOST_MS);
  };

  const tick = () => {
    if (document.hidden || !state) return;
    if (Date.now() - lastAll >= (state === 'live' ? SAFETY_MS : ASK_MS)) fetchAll();
  };

  let told = '';
  const look = () => {
    const mine = topics();
    if (mine.join() === told) return;
    told = mine.join();
    if (!told) { heard = ''; calm(); if (!document.hidden) show(''); }
    Handoff.stream.want(mine);
  };

  const leave = () => { told = heard = ''; calm(); Handoff.stream.want([]); };

  document.addEventListener('visibilitychange', look);
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', (event) => { if (event.persisted) look(); });
  document.addEventListener('htmx:after:swap', look);
  setInterval(tick, 1000);
  document.addEventListener('DOMContentLoaded', () => { if (document.body.dataset.events) look(); });
})();
