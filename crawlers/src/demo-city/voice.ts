/**
 * In: hand-written clauses and a random stream. Out: one comment as somebody might type it.
 * Called by: the world, for stories and background talk alike.
 */
import type { Random } from '../replay/seeded.ts';
import { fictionalIdCard, fictionalPhone, nickname, NICKNAMES, SLOTS } from './city.ts';

export type Mood = 'angry' | 'sad' | 'worried' | 'asking' | 'thanks' | 'joking' | 'calm' | 'doubting';

/** What a group of people says: `core` stands alone; the others lean on it. */
export interface Voice {
  mood: Mood;
  /** How often this voice is heard among its neighbours; default 1. */
  weight?: number;
  core: readonly string[];
  detail?: readonly string[];
  open?: readonly string[];
  tail?: readonly string[];
  /** Copied word for word, as people copy; only small marks are added. */
  copied?: boolean;
}

/** One clause per line; blank lines are for the writer's eye. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const EMOJI: Record<Mood, readonly string[]> = {
  angry: ['[怒]', '😡', '[费解]', '[怒骂]', '🙄', '[白眼]', '[裂开]'],
  sad: ['[泪]', '[允悲]', '😭', '[悲伤]', '[苦涩]', '💔'],
  worried: ['[泪]', '😰', '[跪了]', '[委屈]', '😢', '[抱抱]'],
  asking: ['[疑问]', '[思考]', '🤔', '？', '[并不简单]'],
  thanks: ['[赞]', '👍', '[心]', '🙏', '[鲜花]', '💪', '[抱抱]', '[作揖]'],
  joking: ['[doge]', '[笑cry]', '[二哈]', '🌚', '[吃瓜]', '[允悲]', '哈哈哈'],
  calm: ['[微笑]', '🌿', '[太阳]', '☕', '[ok]'],
  doubting: ['[吃瓜]', '[疑问]', '🤨', '[思考]', '[摊手]'],
};

const OPENERS: Record<Mood, readonly string[]> = {
  angry: ['说真的', '我就想问', '忍了很久了', '气死', '无语', '能不能有人管管', '真的服了', '求求了', '又来', '讲道理'],
  sad: ['唉', '哎', '心里难受', '说不出话', '难', '真的累了'],
  worried: ['有点慌', '急', '求问', '麻烦看一下', '有没有人知道', '家里有老人小孩的说一句', '不放心'],
  asking: ['请问', '问一下', '弱弱问一句', '想咨询一下', '求解答', '有懂的吗', '小编在吗', '蹲一个回复'],
  thanks: ['必须点赞', '说句公道话', '给力', '感谢', '今天看到了', '实名表扬'],
  joking: ['笑死', '好家伙', '懂了', '不愧是我', '绝了', '我先说'],
  calm: ['路过', '报个到', '同城的', '说一下我这边', '客观讲', '补充一点'],
  doubting: ['真的假的', '等一个官方', '先别急', '存疑', '不太信', '理性吃瓜'],
};

const TAILS: Record<Mood, readonly string[]> = {
  angry: [
    '到底谁来管',
    '打{hotline}也没用',
    '给个说法行不行',
    '一次次的',
    '别再踢皮球了',
    '老百姓的事就不是事？',
    '希望重视',
    '等一个答复',
    '不想再忍了',
    '谁住谁知道',
    '发了多少次了',
    '能不能上点心',
  ],
  sad: ['日子还得过', '希望快点好起来', '太难了', '谁能体谅一下', '说多了都是泪', '只能自己扛'],
  worried: [
    '求个准信',
    '麻烦尽快',
    '在线等',
    '有消息说一声',
    '千万别出事',
    '家里还有老人',
    '孩子还小',
    '先转给家里人了',
  ],
  asking: [
    '麻烦回复一下',
    '谢谢',
    '有知道的说一声',
    '先谢谢了',
    '蹲',
    '打电话一直占线',
    '网上没查到',
    '辛苦解答',
    '怕白跑一趟',
  ],
  thanks: [
    '辛苦了',
    '注意安全',
    '给你们点赞',
    '继续加油',
    '为他们鼓掌',
    '暖心',
    '都是平凡英雄',
    '澜江加油',
    '这样的多宣传',
    '希望一直这样',
  ],
  joking: ['就这', '懂的都懂', '别问，问就是在路上', '建议申遗', '我先干为敬', '习惯了', '问题不大（大）', '狗头保命'],
  calm: ['供参考', '仅代表我个人', '大家互相理解吧', '以通知为准', '慢慢来', '支持', '收到', '已转给家里人'],
  doubting: ['等通报', '别传了', '有图吗', '来源呢', '坐等后续', '先让子弹飞一会儿', '没看到官方说'],
};

const JOINS = ['，', '，', '，', '。', ' ', '！', '；'];
const ENDS = ['', '', '', '。', '！', '！！', '…', '~', '。。', '？？？'];
const TYPOS: readonly (readonly [string, string])[] = [
  ['已经', '己经'],
  ['在', '再'],
  ['的', '得'],
  ['怎么', '咋'],
  ['什么', '啥'],
  ['为什么', '为啥'],
  ['这样', '酱紫'],
  ['知道', '晓得'],
  ['没有', '木有'],
  ['真的', '真滴'],
];

/** Replaces `{slot}` by something of the city. Unknown slots are a mistake in the material and throw. */
export function fill(text: string, random: Random, own: Record<string, string> = {}): string {
  return text.replace(/\{([a-z]+)\}/gi, (_, name: string) => {
    const given = own[name];
    if (given !== undefined) return given;
    if (name === 'phone') return fictionalPhone(random.int(0, 999));
    if (name === 'idcard') return fictionalIdCard(random.int(0, 999));
    if (name === 'handle') return `@${nickname(random.int(0, NICKNAMES - 1))}`;
    const choices = SLOTS[name];
    if (!choices) throw new RangeError(`unknown slot {${name}} in: ${text}`);
    return random.pick(choices);
  });
}

/** Picks a voice by its weight. */
export function pickVoice(voices: readonly Voice[], random: Random): Voice {
  const total = voices.reduce((sum, v) => sum + (v.weight ?? 1), 0);
  let draw = random.next() * total;
  for (const voice of voices) {
    draw -= voice.weight ?? 1;
    if (draw < 0) return voice;
  }
  return random.pick(voices);
}

/** One comment of this voice. `own` fills slots that belong to the story (dates, numbers). */
export function speak(voice: Voice, random: Random, own: Record<string, string> = {}): string {
  if (voice.copied === true) return copy(fill(random.pick(voice.core), random, own), random);
  const core = random.pick(voice.core);
  const detail = (): string => random.pick(voice.detail ?? TAILS[voice.mood]);
  const tail = (): string => random.pick(voice.tail && random.chance(0.7) ? voice.tail : TAILS[voice.mood]);
  const open = (): string => random.pick(voice.open && random.chance(0.7) ? voice.open : OPENERS[voice.mood]);
  const draw = random.next();
  const parts =
    draw < 0.3
      ? [core]
      : draw < 0.52
        ? [core, detail()]
        : draw < 0.74
          ? [core, tail()]
          : draw < 0.88
            ? [open(), core]
            : draw < 0.95
              ? [core, detail(), tail()]
              : [open(), core, detail()];
  let text = parts.reduce((said, part) =>
    /[，。！？；…~]$/.test(said) ? said + part : said + random.pick(JOINS) + part,
  );
  if (!/[，。！？；…~]$/.test(text)) text += random.pick(ENDS);
  return mark(fill(text, random, own), voice.mood, random);
}

/** Emoji, a handle, a slip of the keyboard: what makes typed text typed. */
function mark(text: string, mood: Mood, random: Random): string {
  let out = text;
  if (random.chance(0.05)) out = out.replace(/[，。！；]/g, ' ').trim();
  if (random.chance(0.05)) {
    const [right, wrong] = random.pick(TYPOS);
    out = out.replace(right, wrong);
  }
  if (random.chance(0.3)) {
    const emoji = random.pick(EMOJI[mood]);
    out += random.chance(0.25) ? emoji.repeat(random.int(2, 3)) : emoji;
  }
  if (random.chance(0.025)) out = `回复@${nickname(random.int(0, NICKNAMES - 1))}:${out}`;
  else if (random.chance(0.02)) out += ` @${nickname(random.int(0, NICKNAMES - 1))}`;
  return out;
}

const COPY_BEFORE = ['', '', '', '', '转：', '群里看到的：', '刚收到，', '【转发】', '扩散！'];
const COPY_AFTER = ['', '', '', '', '。', '！', '[泪]', '🙏', ' 转给家里人', ' 互相转告'];

function copy(text: string, random: Random): string {
  return random.pick(COPY_BEFORE) + text + random.pick(COPY_AFTER);
}
