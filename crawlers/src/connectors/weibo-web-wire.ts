/**
 * In: answers of Weibo's mobile and desktop pages. Out: posts, comments and hot words in one shape. Called by: weibo-web.
 * The two differ in paths, paging and a few fields; what is read is the same.
 */
import { z } from 'zod';
import { listOf, parseCount, shaped, sift, WireCount, WireId } from '../parse/wire.ts';
import { bidOf } from '../parse/weibo-id.ts';
import { uidOf, WeiboUser } from './weibo-followed.ts';
import type { WebSession } from './weibo-web-session.ts';

const Ids = { id: WireId, idstr: WireId.optional().catch(undefined), mid: WireId.optional().catch(undefined) };
const Text = z.string().optional().catch(undefined);

const Mblog = z.looseObject({
  ...Ids,
  bid: Text,
  mblogid: Text,
  created_at: Text,
  text: z.string().default('').catch(''),
  user: WeiboUser.nullish().catch(null),
  reposts_count: WireCount,
  comments_count: WireCount,
  attitudes_count: WireCount,
  isLongText: z.boolean().optional().catch(undefined),
  continue_tag: z.unknown().optional(),
  isTop: z.union([z.number(), z.boolean()]).optional().catch(undefined),
  title: z.looseObject({ text: Text }).nullish().catch(null),
  visible: z.looseObject({ type: z.number().optional() }).nullish().catch(null),
  edit_count: WireCount,
  deleted: z.unknown().optional(),
  retweeted_status: z
    .looseObject({ text: Text, user: WeiboUser.nullish().catch(null), deleted: z.unknown().optional() })
    .nullish()
    .catch(null),
});
type Mblog = z.infer<typeof Mblog>;

/** A post as both shapes show it. */
export interface WebPost {
  id: string;
  bid: string;
  user: WeiboUser | null;
  createdAt: string | undefined;
  /** HTML. */
  text: string;
  /** The rest of the text is behind another request. */
  cut: boolean;
  pinned: boolean;
  isPublic: boolean;
  edits: number;
  likes: number;
  comments: number;
  reposts: number;
  quoted: { text: string; user: WeiboUser } | null;
}

export interface WebComment {
  id: string;
  uid: string;
  user: WeiboUser | null;
  createdAt: string | undefined;
  text: string;
  likes: number;
  /** How many answers it has, and those that came with it. */
  replies: number;
  inline: WebComment[];
}

/** One page; `next` is what to ask for the page after, null at the end. */
export interface WebPage<T> {
  list: T[];
  broken: number;
  next: string | null;
}

export interface HotWord {
  word: string;
  heat: number | undefined;
}

/** What differs between the two shapes. */
export interface WebPages {
  timeline(uid: string, next: string | null): Promise<WebPage<WebPost>>;
  /** The whole text of a cut post; null when the platform does not give it. */
  longText(post: WebPost): Promise<string | null>;
  show(id: string): Promise<void>;
  comments(postId: string, uid: string, next: string | null): Promise<WebPage<WebComment>>;
  /** Answers below a comment; null when the platform does not give them. */
  replies(postId: string, uid: string, commentId: string, next: string | null): Promise<WebPage<WebComment> | null>;
  hotWords(): Promise<HotWord[]>;
}

const NOTHING = { list: [], broken: 0, next: null };

function postOf(m: Mblog, pinnedByCard: boolean, desktop: boolean): WebPost {
  const id = m.idstr ?? m.mid ?? m.id;
  const bid = [m.mblogid, m.bid].find((b) => b !== undefined && b !== '') ?? bidOf(id);
  const quoted = m.retweeted_status;
  const mark = quoted?.deleted;
  const stands = mark === undefined || mark === null || ['', '0', 'false'].includes(String(mark));
  return {
    id,
    bid,
    user: m.user ?? null,
    createdAt: m.created_at,
    text: m.text,
    // On the desktop pages a long text without this mark is not really cut.
    cut: m.isLongText === true && (!desktop || m.continue_tag !== undefined),
    pinned: pinnedByCard || m.isTop === 1 || m.isTop === true || m.title?.text === '置顶',
    isPublic: (m.visible?.type ?? 0) === 0,
    edits: m.edit_count,
    likes: m.attitudes_count,
    comments: m.comments_count,
    reposts: m.reposts_count,
    quoted: quoted?.user != null && stands ? { text: quoted.text ?? '', user: quoted.user } : null,
  };
}

const Comment = z.looseObject({
  ...Ids,
  created_at: Text,
  text: z.string(),
  user: WeiboUser.nullish().catch(null),
  like_count: z.unknown().optional(),
  like_counts: z.unknown().optional(),
  total_number: WireCount,
  comments: z.unknown().optional(),
});

function commentOf(value: z.infer<typeof Comment>): WebComment {
  const inline = sift(Comment, value.comments).good.map(commentOf);
  return {
    id: value.idstr ?? value.mid ?? value.id,
    uid: uidOf(value.user),
    user: value.user ?? null,
    createdAt: value.created_at,
    text: value.text,
    likes: parseCount(value.like_counts ?? value.like_count) ?? 0,
    replies: Math.max(value.total_number, inline.length),
    inline,
  };
}

function commentsOf(value: unknown, next: string | null): WebPage<WebComment> {
  const { good, broken } = sift(Comment, value);
  return { list: good.map(commentOf), broken, next };
}

const Token = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);
const LongText = z.looseObject({ data: z.looseObject({ longTextContent: Text }).optional().catch(undefined) });

// ---- m.weibo.cn

const Cards = z.looseObject({
  data: z.looseObject({
    cardlistInfo: z.looseObject({ since_id: Token }).optional().catch(undefined),
    cards: z.unknown().optional(),
  }),
});
const Card = z.looseObject({
  card_type: z.number().optional(),
  profile_type_id: Text,
  mblog: z.unknown().optional(),
  card_group: z.unknown().optional(),
});
const HotCard = z.looseObject({ desc: z.string().min(1), desc_extr: z.unknown().optional() });
const Flow = z.looseObject({ data: z.unknown().optional(), max_id: Token, max_id_type: Token });

const POST_CARD = 9;
const HOT_LIST = '106003type=25&t=3&disable_hot=1&filter_type=realtimehot';

export function mobilePages(session: WebSession): WebPages {
  const index = (query: Record<string, string>, referer: string) =>
    session.get('/api/container/getIndex', query, referer);

  /** Both parts of the cursor go back as they came: with a type of our own, pages would be missing. */
  const flowOf = (body: unknown): WebPage<WebComment> => {
    const flow = shaped(Flow, body, '微博评论页');
    const end = flow.max_id === undefined || flow.max_id === '0';
    return commentsOf(flow.data, end ? null : `${flow.max_id}:${flow.max_id_type ?? '0'}`);
  };
  const flowQuery = (next: string | null) => {
    const [max, type = '0'] = next?.split(':') ?? [];
    return { ...(max === undefined ? {} : { max_id: max }), max_id_type: type };
  };

  return {
    async timeline(uid, next) {
      const query = { type: 'uid', value: uid, containerid: `107603${uid}` };
      const { empty, body } = await index(next === null ? query : { ...query, since_id: next }, `/u/${uid}`);
      if (empty) return NOTHING;
      const { data } = shaped(Cards, body, '微博手机页');
      const cards = sift(Card, data.cards).good.filter((c) => c.card_type === POST_CARD);
      const list = cards.flatMap((card) => {
        const mblog = Mblog.safeParse(card.mblog);
        return mblog.success
          ? [postOf(mblog.data, card.profile_type_id?.startsWith('proweibotop') === true, false)]
          : [];
      });
      return { list, broken: cards.length - list.length, next: data.cardlistInfo?.since_id ?? null };
    },

    async longText(post) {
      const { empty, body } = await session.get('/statuses/extend', { id: post.id }, `/status/${post.bid}`);
      const text = LongText.safeParse(body);
      return empty || !text.success ? null : (text.data.data?.longTextContent ?? null);
    },

    async show(id) {
      await session.get('/statuses/show', { id }, `/detail/${id}`);
    },

    async comments(postId, _uid, next) {
      const query = { id: postId, mid: postId, ...flowQuery(next) };
      const { empty, body } = await session.get('/comments/hotflow', query, `/detail/${postId}`);
      return empty ? NOTHING : flowOf(shaped(z.looseObject({ data: z.unknown() }), body, '微博评论页').data);
    },

    async replies(postId, _uid, commentId, next) {
      const query = { cid: commentId, max_id: '0', ...flowQuery(next) };
      const { empty, body } = await session.get('/comments/hotFlowChild', query, `/detail/${postId}`);
      return empty ? null : flowOf(body);
    },

    async hotWords() {
      const { empty, body } = await index({ containerid: HOT_LIST }, '/');
      const cards = empty ? [] : sift(Card, shaped(Cards, body, '微博热搜页').data.cards).good;
      return cards.flatMap((card) =>
        sift(HotCard, card.card_group).good.flatMap(({ desc, desc_extr }) => {
          // `123456`, or a category before the number; advertisements have none.
          const heat = parseCount(typeof desc_extr === 'string' ? desc_extr.split(' ').at(-1) : desc_extr);
          return heat === undefined ? [] : [{ word: desc, heat }];
        }),
      );
    },
  };
}

// ---- weibo.com

const MyMblog = z.looseObject({ data: z.looseObject({ list: z.unknown().optional(), since_id: Token }) });
const HotSearch = z.looseObject({ data: z.looseObject({ realtime: z.unknown().optional(), hotgov: z.unknown() }) });
const HotItem = z.looseObject({ word: z.string().min(1), num: z.unknown().optional(), is_ad: z.unknown().optional() });

export function desktopPages(session: WebSession): WebPages {
  const thread = async (query: Record<string, string | number>, referer: string, next: string | null) => {
    const { empty, body } = await session.get(
      '/ajax/statuses/buildComments',
      { ...query, is_reload: 1, is_show_bulletin: 2, ...(next === null ? {} : { max_id: next }) },
      referer,
    );
    if (empty) return null;
    const flow = shaped(Flow, body, '微博评论页');
    return commentsOf(flow.data, flow.max_id === undefined || flow.max_id === '0' ? null : flow.max_id);
  };

  return {
    async timeline(uid, next) {
      const [page = '1', since] = next?.split(':') ?? [];
      const query = { uid, page, feature: 0, ...(since === undefined ? {} : { since_id: since }) };
      const { empty, body } = await session.get('/ajax/statuses/mymblog', query, `/u/${uid}`);
      if (empty) return NOTHING;
      const { data } = shaped(MyMblog, body, '微博网页');
      const { good, broken } = sift(Mblog, data.list);
      const more = data.since_id !== undefined && data.since_id !== '' && data.since_id !== '0';
      return {
        list: good.map((m) => postOf(m, false, true)),
        broken,
        next: more ? `${Number(page) + 1}:${data.since_id}` : null,
      };
    },

    async longText(post) {
      const { body } = await session.get('/ajax/statuses/longtext', { id: post.bid }, `/u/${uidOf(post.user)}`);
      const text = LongText.safeParse(body);
      return text.success ? (text.data.data?.longTextContent ?? null) : null;
    },

    async show(id) {
      await session.get('/ajax/statuses/show', { id: bidOf(id), locale: 'zh-CN' }, '/');
    },

    async comments(postId, uid, next) {
      const query = { id: postId, uid, is_mix: 0, count: 20, fetch_level: 0, flow: 1 };
      return (await thread(query, `/${uid}/${bidOf(postId)}`, next)) ?? NOTHING;
    },

    replies(postId, uid, commentId, next) {
      const query = { id: commentId, uid, is_mix: 1, count: 100, fetch_level: 1, flow: 0 };
      return thread(query, `/${uid}/${bidOf(postId)}`, next ?? '0');
    },

    async hotWords() {
      const { empty, body } = await session.get('/ajax/side/hotSearch', {}, '/');
      if (empty) return [];
      const { data } = shaped(HotSearch, body, '微博热搜页');
      return sift(HotItem, [...listOf(data.realtime), data.hotgov]).good.flatMap(({ word, num, is_ad }) =>
        is_ad === 1 ? [] : [{ word: word.replaceAll('#', ''), heat: parseCount(num) }],
      );
    },
  };
}
