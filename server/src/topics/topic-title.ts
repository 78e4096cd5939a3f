/**
 * In: a topic's posts. Out: a title a person would write (who, where, what), at most 26 characters. Called by: topics/detect.ts.
 */
const MOST = 26;

export interface Titled {
  title: string;
  /** Better ways of titling replace weaker ones: hashtag 3, headline 2, sentence 1. */
  rank: 1 | 2 | 3;
}

export function titleOf(post: {
  title: string | null;
  text: string;
  hashtags: readonly string[];
  official: boolean;
}): Titled {
  const headline = post.title ?? /【([^】]{4,60})】/u.exec(post.text)?.[1] ?? null;
  const tag = post.hashtags.find((h) => h.length >= 4 && h.length <= MOST);
  if (headline !== null) return { title: shorten(matterOnly(headline.replaceAll('#', ''))), rank: 2 };
  if (tag !== undefined) return { title: tag, rank: 3 };
  const sentences = post.text
    .replace(/#[^#]{1,40}#|[【】]|\[[^\]]{1,8}\]|https?:\S+|@\S+/gu, ' ')
    .split(/[。！？!?\n；;~]+/u)
    .map((s) => s.trim())
    .filter((s) => s.length >= 6);
  return { title: shorten(matterOnly(sentences[0] ?? post.text.trim())), rank: 1 };
}

/** How citizens begin and end a letter says nothing of its matter. */
const OPENING =
  /^(?:尊敬的.{0,10}[:：，,]|您好[,，！!]?|你好[,，！!]?|(?:再次|强烈|坚决|紧急|重复|跪求|恳请|请求|请政府|请|关于|有关|对于|投诉|举报|反映|反应|咨询|请问|求助|建议|希望|要求|呼吁|质疑|控诉|实名|严惩|继续)+[:：，,]?)/u;
const CLOSING =
  /(?:的(?:相关|一些|有关|几点|严重)?(?:投诉|举报|反映|建议|诉求|咨询|疑问|疑惑|请示|几个问题|问题|情况)|怎么办|何时能解决|请解决|请求解决|望解决)[。？?！!]*$/u;

function matterOnly(title: string): string {
  const open = title.trim().replace(OPENING, '');
  const bare = open.replace(CLOSING, '').replace(/[。！!，,；;]+$/u, '');
  return [...bare].length >= 6 ? bare : [...open].length >= 6 ? open : title.trim();
}

/** One step of an event: a warning raised or lowered, a report by number. */
const MOMENT =
  /降为|降至|降级|解除|终止|升为|升级为|提升至|续报|第[一二三四五六七八九十\d]+[报号次]|再次说明|最新进展/u;

/** Titles of a topic from which the best is chosen. */
export interface TitleChoice {
  title: string;
  rank: number;
  words: ReadonlyMap<string, number>;
}

/** Fits the topic's words best, names the place, is neither a stump nor cut off. Hashtags and headlines before sentences. */
export function bestTitle(
  choices: readonly TitleChoice[],
  features: ReadonlyMap<string, number>,
  places: ReadonlyMap<string, number>,
): TitleChoice | undefined {
  let norm = 0;
  for (const weight of features.values()) norm += weight * weight;
  let best: TitleChoice | undefined;
  let most = -Infinity;
  for (const choice of choices) {
    let said = 0;
    let length = 0;
    for (const [word, times] of choice.words) {
      said += times * (features.get(word) ?? 0);
      length += times * times;
    }
    const fit = norm === 0 || length === 0 ? 0 : said / Math.sqrt(norm * length);
    let score = fit + 0.1 * choice.rank;
    if ([...places.keys()].some((place) => choice.title.includes(place))) score += 0.15;
    if (choice.title.endsWith('…')) score -= 0.1;
    if (/[？?]$/u.test(choice.title)) score -= 0.05;
    if (choice.title.length < 8) score -= 0.1;
    if (MOMENT.test(choice.title)) score -= 0.2;
    if (score > most) [best, most] = [choice, score];
  }
  return best;
}

function shorten(text: string): string {
  const clean = text.replace(/\s+/gu, ' ').trim();
  if (clean.length <= MOST) return clean;
  const cut = clean.slice(0, MOST);
  const comma = Math.max(cut.lastIndexOf('，'), cut.lastIndexOf(','), cut.lastIndexOf('：'), cut.lastIndexOf(' '));
  return comma >= 8 ? cut.slice(0, comma) : `${cut.slice(0, MOST - 1)}…`;
}
