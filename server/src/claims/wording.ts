/**
 * In: what a post says. Out: the statement in it, whether it can be checked at all, and how it compares with another. Called by: claims/detect.ts.
 */
import { polarityDiffers } from '../enrich/negation.ts';
import { fold } from '../enrich/normalise.ts';
import { isGrievance, isPublished } from './grievance.ts';
import { numbersContradict } from './match.ts';
import { EVERYWHERE, sharedMatters, type Matter } from './matters.ts';

/** Overlap of character pairs, relative to the shorter text, from which two texts say the same. */
const SAME = 0.55;
/** Less overlap will do when the texts also name the same places and things. */
const SAME_MATTER = 0.3;
const PER_WORD = 0.12;
/** So that texts without one common pair of characters can still be told to be about one thing. */
const FAINT = 0.04;

/** Events and decisions that are so or are not so. */
const FACTUAL =
  /[0-9一二三四五六七八九十多数两几](?:人|名|例|位|个).{0,6}(?:死|亡)|致.{0,3}死|伤亡|遇难|身亡|决堤|溃坝|渗漏|渗水|又渗|渗了|大坝|爆炸|坍塌|泄漏|泄洪|撤离|撤人|中毒|上吐下泻|送到.{0,6}医院|要涨|涨到|(?:[将拟]|准备|计划|下个?月|明年|通知|文件|[元块]).{0,12}涨价|涨价.{0,8}(?:[0-9元块]|通知|文件)|折扣取消|内部文件|内部消息|封路|停课|被抓|跳楼|拐卖|猝死|打人|殴打|强拆/u;

/** Wrongs that somebody is said to have done. */
const ALLEGED =
  /造假|封口|保护伞|失联|跑路|兑付|假冒|伪劣|瞒报|谎报|瞒着|压着不|倒卖|挪用|截留|受贿|贪污|黑幕|掩盖|不敢公开|不让.{0,6}说|捂盖子/u;

/** Wishes, questions, pleas, thanks, opinions and quips state nothing. */
const WISH =
  /[？?]|请问|问一下|能不能|怎么预约|希望|建议|凭什么|要什么条件|加油|谢谢|感谢|辛苦|致敬|祈祷|平安|祝大家|祝愿|愿所有|但愿|求求|坚决反对|强烈反对|强烈要求|讲道理|给个说法|等一个答复|有没有.{0,8}(?:通知|消息)|我们(?:只|就)(?:要|想|求)|早日|众志成城|必胜|欢迎回家|好不好|行不行|吗|呢$|怎么算|哪天|麻烦回复|做得好|注意安全|不想再忍|先把.{2,20}再谈|不用开|点赞|鼓掌|暖心|表扬|好样的|倒是|假消息|造谣|传谣|谣言|辟谣|求问|早点通知|请(?:给|尽快|有关|相关)|有没有人帮|可以理解|(?:不能|无法)(?:理解|接受)|(?:理解|接受)不了|(\p{L})不\1/u;

/** What somebody heard, saw or has on paper. */
const TOLD =
  /听.{0,8}说|据说|据悉|网传|群里|朋友说|内部|曝|爆料|消息|通知|文件|举报|揭露|真相|官方|医院的人|我.{0,3}(?:表哥|同学|亲戚)|亲眼/u;
const FIGURE = /\d{2,}|[一二三四五六七八九十百千数几][万亿]|\d+[万亿元人名例家年月号]/u;

/** States something that harms if true or false, rather than a complaint or a wish: only such texts ask to be checked. */
export function checkable(statement: string): boolean {
  return (FACTUAL.test(statement) || (ALLEGED.test(statement) && FIGURE.test(statement))) && !wishes(statement);
}

/** What so many pass on word for word at this length is a story, whatever its words. */
const STORY = 40;

/** Shorter than this it is a slogan; news in its own style may be somewhat shorter. */
const SLOGAN = 24;
const NEWS = 16;

/** Worth a look when many pass it on: tells news with a figure or a source, or a story of others, and is long enough not to be a slogan. */
export function telling(statement: string): boolean {
  const stated = stating(statement);
  if (ALLEGED.test(stated) && stated.length >= SLOGAN) return true;
  if (isGrievance(statement)) return false;
  return (
    (stated.length >= SLOGAN && TOLD.test(stated) && FIGURE.test(stated)) ||
    (stated.length >= NEWS && isPublished(statement)) ||
    stated.length >= STORY
  );
}

/**
 * The part of a statement that states something; empty when that is nothing. Who passes news on may ask or exclaim about it; who speaks for himself
 * and wishes, wishes.
 */
export function stating(statement: string): string {
  if (!wishes(statement)) return statement;
  if (!isPublished(statement)) return '';
  const stated = (statement.match(/[^。！？!?…\n]+[。！？!?…]*/gu) ?? [])
    .filter((sentence) => !wishes(sentence))
    .join('');
  return stated.length >= SLOGAN ? stated : '';
}

/** Talk of a rumour going round is not the rumour. */
const TALK = /(?:又|都|还|一直)?(?:开始|在)(?:转|传|说).{0,12}(?:消息|谣|事)|有消息.{0,4}(?:说|讲)一声/u;

/** “上次辟谣是为了稳住大家”: who speaks of an earlier denial tells the rumour anew. */
export function withoutOldDenial(text: string): string {
  return text.replace(/(?:上次|上回|之前|那次|前几天|昨天)的?(?:官方)?辟谣[^，。！？]{0,14}/gu, '');
}

export function wishes(text: string): boolean {
  return WISH.test(withoutOldDenial(text)) || TALK.test(text);
}

/** Character pairs of the folded text without marks, as numbers. */
export function pairsOf(text: string): Set<number> {
  const letters = fold(text)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 160);
  const pairs = new Set<number>();
  for (let i = 0; i + 1 < letters.length; i++) pairs.add(letters.charCodeAt(i) * 65_536 + letters.charCodeAt(i + 1));
  return pairs;
}

/** Characters of a place's name from which it is one street, estate or reservoir rather than a city or country. */
const NARROW = 3;

/** Read as places, but name none: any reservoir, school or company. */
const UNNAMED =
  /^(?:水库|大坝|河道|公交|地铁|公司|平台|医院|学校|小学|中学|大学|幼儿园|食堂|小区|社区|单位|超市|市场|商场|公园|工厂|工地|村里|镇上|县里|市里|省里|东西|外地|当地|本地)+$/u;

const named = (places: readonly string[]) => places.filter((place) => !UNNAMED.test(place));

export interface Said {
  text: string;
  pairs: ReadonlySet<number>;
  /** Narrow enough to tell one event from another. */
  places: readonly string[];
  /** Keywords and places. */
  words: ReadonlySet<string>;
}

/**
 * 0–1: how surely two texts state one thing; 0 when one denies the other or gives other numbers. The same words say the same; other words do when
 * the matter is the same (a dam, a price, a poisoning) and so are the place or at least two things named, or one thing when no other place is.
 */
export function likeness(a: Said, b: Said): number {
  let shared = 0;
  const [small, large] = a.pairs.size <= b.pairs.size ? [a.pairs, b.pairs] : [b.pairs, a.pairs];
  for (const pair of small) if (large.has(pair)) shared++;
  const overlap = shared / Math.max(8, small.size);
  if (overlap >= SAME) return polarityDiffers(a.text, b.text) ? 0 : overlap;
  let words = 0;
  for (const word of a.words) if (b.words.has(word)) words++;
  const [here, there] = [named(a.places), named(b.places)];
  const within = (places: readonly string[], text: string, least: number) =>
    places.some((place) => place.length >= least && text.includes(place));
  const together = within(here, b.text, NARROW) || within(there, a.text, NARROW);
  const apart =
    !together && here.length > 0 && there.length > 0 && !within(here, b.text, 1) && !within(there, a.text, 1);
  if (apart) return 0;
  const near = words >= 2 || together;
  const like = near ? matterLikeness(a, b, overlap, words, together) : unplacedLikeness(a, b, overlap, here, there);
  return like > 0 && polarityDiffers(a.text, b.text) ? 0 : like;
}

/** Of two texts that name the same place or things. */
function matterLikeness(a: Said, b: Said, overlap: number, words: number, together: boolean): number {
  if (overlap >= SAME_MATTER && overlap + PER_WORD * (words - 1) >= SAME)
    return numbersContradict(fold(a.text), fold(b.text)) ? 0 : overlap;
  const matters = sharedMatters(a.text, b.text);
  const same =
    matters.some(([matter]) => together || !EVERYWHERE.has(matter)) ||
    (matters.length > 0 && sharesFigure(a.text, b.text));
  return same && !wishes(a.text) ? overlap / 2 : 0;
}

/** “群里都在传水库要决堤”: who leaves out the place speaks of the rumour that is alive, if the thing is the same. */
function unplacedLikeness(
  a: Said,
  b: Said,
  overlap: number,
  here: readonly string[],
  there: readonly string[],
): number {
  if (here.length > 0 && there.length > 0) return 0;
  const thing = sharedMatters(a.text, b.text).some(
    ([matter, own]) => !EVERYWHERE.has(matter) && sharesThing(a, b, own),
  );
  return thing && !wishes(a.text) && !wishes(b.text) ? (overlap + FAINT) / 4 : 0;
}

/** The same number of persons, of money: two events seldom share it. */
function sharesFigure(a: string, b: string): boolean {
  const figures = (text: string) => text.match(/\d{2,}(?:[万亿]|余?[人名家元例])/gu) ?? [];
  const said = new Set(figures(a));
  return figures(b).some((figure) => said.has(figure));
}

/** A word of one that the other uses too, besides the words of the matter itself. */
function sharesThing(a: Said, b: Said, own: RegExp): boolean {
  const used = (words: ReadonlySet<string>, text: string) =>
    [...words].some((word) => word.length >= 2 && !own.test(word) && text.includes(word));
  return used(a.words, b.text) || used(b.words, a.text);
}

const ADDRESSED =
  /^(?:转：|【转发】|\[转\]|转发[:：，]?|群里看到的[:：]|刚收到[，,]|扩散[！!，,]|紧急扩散[：:]|麻烦看一下[；;，,]|补充一点[，,]|说句公道话[，,]|讲道理[，, ]|忍了很久了[；;，,])+/u;

/** What whoever passes a text on puts behind it. */
const PASSED_ON =
  /[\p{Extended_Pictographic}\u{FE0F}\s，,。！!；;…~～]*(?:互相转告|(?:请|先|已|赶紧)?(?:转给|转到|转发给?)(?:家里人|家人|家庭群|大家|更多人)?了?|扩散|速转|在线等|供参考|坐等后续)?[\p{Extended_Pictographic}\u{FE0F}\s。！!~～…；;，,]*$/u;
const LONGEST_TAIL = 40;

/** To whom a comment answers says nothing of what it states. */
const ANSWERING = /^(?:\/\/)?(?:回复\s*)?@[^:：\s]{1,30}\s*[:：]\s*/u;

/** The first sentences, at most 80 characters: what is said, without marks of passing on. */
export function statementOf(text: string): string {
  const told = text
    .replace(/\[[^\]]{1,8}\]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(ANSWERING, '')
    .replace(ADDRESSED, '')
    .trim();
  const clean = told.slice(0, -LONGEST_TAIL) + told.slice(-LONGEST_TAIL).replace(PASSED_ON, '');
  if (clean.length <= 80) return clean;
  const end = Math.max(...['。', '！', '？', '，', '；'].map((m) => clean.slice(0, 80).lastIndexOf(m)));
  return end >= 20 ? clean.slice(0, end) : `${clean.slice(0, 79)}…`;
}

/**
 * An official text speaks of the claim's matter and names its place, or two of its things, one of them in its best wording, or the thing of it, if
 * the claim is of no place that the text leaves out: “公交要涨价” is answered by “公交票价调整”.
 */
export function answers(claim: Said, text: string): boolean {
  const matters = sharedMatters(claim.text, text);
  if (matters.length === 0) return false;
  const used = [...claim.words].filter((word) => word.length >= 2 && text.includes(word));
  const stated = used.filter((word) => claim.text.includes(word));
  return (
    (used.length >= 2 && stated.length > 0) ||
    placesOf(claim).some((place) => text.includes(place)) ||
    (stated.some((word) => isThing(word, matters)) && meetsPlace(claim, text))
  );
}

const placesOf = (claim: Pick<Said, 'places'>) => named(claim.places).filter((place) => place.length >= NARROW);

/** The text names one of the claim's narrow places, or the claim has none. */
function meetsPlace(claim: Pick<Said, 'places'>, text: string): boolean {
  const places = placesOf(claim);
  return places.length === 0 || places.some((place) => text.includes(place));
}

/** A word that is no word of the matter itself: the bus, not the rise; and the matter is one that is told of one thing at a time. */
function isThing(word: string, matters: readonly Matter[]): boolean {
  return matters.some(([matter, own]) => !EVERYWHERE.has(matter) && !own.test(word));
}

const OWN_KIN = /我(?:表哥|表姐|同学|朋友|亲戚|同事|爸|妈|老家)|群里都在/u;

/** The wording that most voices used, told as a fact rather than of one's kin, and with the place. */
export function bestStatement(
  told: readonly { text: string; voice: string }[],
  places: readonly string[],
): string | null {
  const voices = new Map<string, Set<string>>();
  for (const { text, voice } of told) {
    if (!checkable(text)) continue;
    const known = voices.get(text);
    if (known === undefined) voices.set(text, new Set([voice]));
    else known.add(voice);
  }
  let best: string | null = null;
  let most = -Infinity;
  for (const [text, by] of voices) {
    const score =
      by.size + (named(places).some((place) => text.includes(place)) ? 1.5 : 0) - (OWN_KIN.test(text) ? 2.5 : 0);
    if (score > most) [best, most] = [text, score];
  }
  return best;
}
