/**
 * In: a seed and the moment the demo starts. Out: the city's items: history up to that moment, and what arrives minute by minute after it.
 * Deterministic: the same seed and start give the same items, whoever asks for which minutes. Called by: index.ts.
 */
import type { RawItem } from '@minsheng/contracts';
import { hash53, Random } from '../replay/seeded.ts';
import { weiboIdAt } from '../replay/store.ts';
import { LETTERS, ROUTINES, SMALL_TALK } from './background.ts';
import { nickname, NICKNAMES, SITE } from './city.ts';
import { stories } from './stories/index.ts';
import { Timeline, type Story, type Wave } from './story.ts';
import { fill, pickVoice, speak } from './voice.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const OFFICE = 8 * 3_600_000;
/** How busy each hour of a weekday is, midnight first; weekends begin later and are flatter. */
const RHYTHM = [
  0.18, 0.1, 0.06, 0.05, 0.06, 0.15, 0.4, 0.8, 1, 0.85, 0.8, 0.85, 1.05, 0.95, 0.75, 0.75, 0.8, 0.95, 1.15, 1.3, 1.4,
  1.35, 1, 0.5,
];
/** Comments per minute under ordinary posts at rhythm 1. */
const CHATTER = 0.3;
/** Future days for which offices' posts are planned, so that a running demo does not fall silent. */
const AHEAD_DAYS = 30;

interface Host {
  id: string;
  at: number;
  platform: 'weibo' | 'wechat' | 'site';
  account: string;
  key: string | null;
  item: RawItem;
}

export class World {
  readonly #timeline: Timeline;
  readonly #stories: readonly Story[];
  readonly #hosts: Host[];
  readonly #lastUsed = new Map<number, number>();

  constructor(
    private readonly seed: number,
    readonly start: number,
    private readonly days: number,
  ) {
    this.#timeline = new Timeline(start);
    this.#stories = stories(this.#timeline);
    this.#hosts = [...this.#routine(), ...this.#storyPosts()].sort((a, b) => a.at - b.at);
  }

  get truth() {
    return this.#stories.map((s) => s.truth);
  }

  /** Everything published in [from, to), oldest first. */
  between(from: number, to: number): RawItem[] {
    const items: { at: number; item: RawItem }[] = this.#hosts
      .filter((h) => h.at >= from && h.at < to)
      .map((h) => ({ at: h.at, item: h.item }));
    for (let minute = Math.floor(from / MINUTE) * MINUTE; minute < to; minute += MINUTE) {
      for (const made of this.#minute(minute)) if (made.at >= from && made.at < to) items.push(made);
    }
    return items.sort((a, b) => a.at - b.at).map((i) => i.item);
  }

  history(): RawItem[] {
    return this.between(this.start - this.days * DAY, this.start);
  }

  #random(...parts: (string | number)[]): Random {
    return new Random(hash53([this.seed, this.start, ...parts].join(':')));
  }

  /** What the offices publish on ordinary days. */
  #routine(): Host[] {
    const hosts: Host[] = [];
    ROUTINES.forEach((routine, r) => {
      for (let day = -this.days; day <= AHEAD_DAYS; day++) {
        const midnight = Math.floor((this.start + OFFICE) / DAY) * DAY - OFFICE + day * DAY;
        const random = this.#random('routine', r, day);
        for (let n = 0; n < routine.perDay; n++) {
          const hour = routine.hours[n % routine.hours.length] ?? 9;
          const at = midnight + hour * 3_600_000 + random.int(0, 50) * MINUTE + random.int(0, 59) * 1000;
          const text =
            routine.texts[(hash53(`${r}`) + (day + this.days) * routine.perDay + n) % routine.texts.length] ?? '';
          hosts.push(this.#host(at, routine.platform, routine.account, null, text, undefined, random));
        }
      }
    });
    return hosts;
  }

  #storyPosts(): Host[] {
    return this.#stories.flatMap((story, s) =>
      story.posts.map((post) => {
        const random = this.#random('story-post', s, post.key);
        return this.#host(post.at, post.platform, post.account, `${s}:${post.key}`, post.text, post, random);
      }),
    );
  }

  #host(
    at: number,
    platform: Host['platform'],
    account: string,
    key: string | null,
    text: string,
    more: { title?: string; likes?: number; reposts?: number; reads?: number } | undefined,
    random: Random,
  ): Host {
    const id =
      platform === 'weibo'
        ? String(weiboIdAt(at, this.#low(at)))
        : `${platform}-${Math.floor(at / 1000)}-${hash53(`${account}${key ?? ''}${text}`, this.seed) % 100_000}`;
    const short = platform !== 'weibo' && more?.title === undefined;
    const item: RawItem = {
      platform,
      kind: 'post',
      id,
      account: platform === 'site' ? SITE.name : account,
      publishedAt: instant(at),
      ...(short ? { title: text } : more?.title === undefined ? {} : { title: more.title }),
      text: short ? `${text}。具体安排和办理方式以主管部门公布的内容为准，咨询可拨打 12345。` : text,
      likes: more?.likes ?? random.int(3, 90),
      reposts: more?.reposts ?? random.int(0, 25),
      ...(platform === 'weibo' ? {} : { reads: more?.reads ?? random.int(400, 9000) }),
    };
    return { id, at, platform, account, key, item };
  }

  /** Ids of one second differ, in the order in which they are made. */
  #low(at: number): number {
    const second = Math.floor(at / 1000);
    const next = (this.#lastUsed.get(second) ?? 0) + 1;
    this.#lastUsed.set(second, next);
    return next * 1009;
  }

  #minute(minute: number): { at: number; item: RawItem }[] {
    const made: { at: number; item: RawItem }[] = [];
    const beat = rhythmAt(minute);
    this.#stories.forEach((story, s) => {
      story.waves.forEach((wave, w) => {
        const mean = wave.peak * shapeAt(wave, minute) * (1 + (wave.rhythm ?? 0.7) * (beat - 1));
        if (mean <= 0) return;
        const random = this.#random('wave', s, w, minute);
        for (let n = random.poisson(mean); n > 0; n--) this.#comment(made, random, minute, wave, s);
      });
    });
    const random = this.#random('chatter', minute);
    for (let n = random.poisson(CHATTER * beat); n > 0; n--) {
      const recent = this.#recent(minute, (h) => h.key === null && h.platform !== 'site');
      if (recent.length > 0)
        this.#say(
          made,
          random,
          minute,
          random.pick(recent),
          speak(pickVoice(SMALL_TALK, random), random),
          random.int(0, NICKNAMES - 1),
        );
    }
    this.#letter(made, minute, beat);
    return made;
  }

  #comment(made: { at: number; item: RawItem }[], random: Random, minute: number, wave: Wave, story: number): void {
    const keys = (wave.under.keys ?? []).map((k) => `${story}:${k}`);
    const own = this.#hosts.filter((h) => h.key !== null && keys.includes(h.key) && h.at < minute);
    const accounts = [
      ...(wave.under.weibo ?? []).map((a) => `weibo ${a}`),
      ...(wave.under.wechat ?? []).map((a) => `wechat ${a}`),
    ];
    const of = (name: string) =>
      this.#recent(minute, (h) => `${h.platform} ${h.account}` === name && h.key === null).slice(-2);
    const hosts =
      own.length > 0 && (accounts.length === 0 || random.chance(0.7))
        ? own
        : accounts.length > 0
          ? of(random.pick(accounts))
          : own;
    if (hosts.length === 0) return;
    const host = random.pick(hosts);
    const voice = pickVoice(wave.voices, random);
    const person = random.int(0, Math.min(NICKNAMES, wave.crowd ?? NICKNAMES) - 1);
    const at = this.#say(made, random, minute, host, speak(voice, random), person);
    if (wave.answered !== undefined && wave.answers !== undefined && random.chance(wave.answered)) {
      const replyAt = at + random.int(10, 110) * MINUTE;
      if (host.platform === 'weibo')
        this.#push(made, replyAt, host, { account: host.account, text: random.pick(wave.answers) });
    }
  }

  #say(
    made: { at: number; item: RawItem }[],
    random: Random,
    minute: number,
    host: Host,
    text: string,
    person: number,
  ): number {
    const at = Math.max(minute + random.int(0, 59) * 1000, host.at + 5000);
    this.#push(made, at, host, {
      author:
        host.platform === 'weibo'
          ? `8${String(person).padStart(9, '0')}|${nickname(person)}`
          : `o${hash53(`open${person}`).toString(36)}`,
      text,
      likes: random.chance(0.2) ? random.int(1, 60) : 0,
    });
    return at;
  }

  #push(
    made: { at: number; item: RawItem }[],
    at: number,
    host: Host,
    what: { author?: string; account?: string; text: string; likes?: number },
  ): void {
    const id =
      host.platform === 'weibo'
        ? String(weiboIdAt(at, 500_000 + (hash53(`${host.id}${what.text}${what.author ?? ''}${at}`) % 3_000_000)))
        : `${host.id}-c${hash53(`${at}${what.text}${what.author ?? ''}`).toString(36)}`;
    const author = what.author?.split('|')[0];
    made.push({
      at,
      item: {
        platform: host.platform,
        kind: 'comment',
        id,
        parentId: host.id,
        ...(what.account === undefined ? { author } : { account: what.account }),
        publishedAt: instant(at),
        text: what.text,
        likes: what.likes ?? 0,
      },
    });
  }

  #recent(minute: number, keep: (host: Host) => boolean): Host[] {
    const found: Host[] = [];
    for (let i = this.#hosts.length - 1; i >= 0 && found.length < 12; i--) {
      const host = this.#hosts[i];
      if (host === undefined || host.at >= minute) continue;
      if (minute - host.at > 2 * DAY) break;
      if (keep(host)) found.unshift(host);
    }
    return found;
  }

  /** Citizens' letters, by day, about eight a day. */
  #letter(made: { at: number; item: RawItem }[], minute: number, beat: number): void {
    const random = this.#random('letter', minute);
    if (!random.chance((8 / 1440) * beat * 1.35)) return;
    const total = LETTERS.reduce((sum, l) => sum + l.times, 0);
    let draw = random.next() * total;
    const letter = LETTERS.find((l) => (draw -= l.times) < 0) ?? LETTERS[0];
    if (letter === undefined) return;
    const seed = random.int(0, 1_000_000);
    const at = minute + random.int(0, 59) * 1000;
    const body = fill(letter.text, new Random(seed));
    const ending = random.pick([
      '',
      '',
      '望回复。',
      '恳请尽快处理，谢谢。',
      '已多次反映，盼答复。',
      '感谢政府为民办事。',
    ]);
    made.push({
      at,
      item: {
        platform: 'site',
        kind: 'message',
        id: `letter-${Math.floor(at / 1000)}`,
        publishedAt: instant(at),
        title: fill(letter.title, new Random(seed)),
        text: `${body}${ending}`,
      },
    });
  }
}

/** The hour's busyness, smoothly between hours; weekends are a little quieter in the morning. */
export function rhythmAt(ms: number): number {
  const local = new Date(ms + OFFICE);
  const hour = local.getUTCHours();
  const part = local.getUTCMinutes() / 60;
  const here = RHYTHM[hour] ?? 0.5;
  const next = RHYTHM[(hour + 1) % 24] ?? 0.5;
  const weekend = local.getUTCDay() % 6 === 0 ? (hour < 10 ? 0.65 : 0.95) : 1;
  return (here + (next - here) * part) * weekend;
}

function shapeAt(wave: Wave, minute: number): number {
  if (minute < wave.from || minute >= wave.to) return 0;
  if (wave.hours !== undefined) {
    const hour = new Date(minute + OFFICE).getUTCHours();
    const [a, b] = wave.hours;
    if (a <= b ? hour < a || hour >= b : hour < a && hour >= b) return 0;
  }
  const x = (minute - wave.from) / (wave.to - wave.from);
  if (wave.shape === 'steady') return 1;
  if (wave.shape === 'rising') return 0.08 + 0.92 * x;
  if (wave.shape === 'swell') return Math.sin(Math.PI * Math.min(1, x * 0.9 + 0.1));
  return Math.exp(-3 * x);
}

function instant(ms: number): string {
  return `${new Date(ms + OFFICE).toISOString().slice(0, 19)}+08:00`;
}
