/**
 * In: answers that colleagues wrote once. Out: the bank 答复知识库, and which entries fit a question, with the words that say why.
 * Called by: inbox.controller.ts, case views, the demo seed.
 */
import { Injectable } from '@nestjs/common';
import type { InboxDetail, RouteAnswer, RouteInput, routes } from '@minsheng/contracts';
import { Clock, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { notFound, UserError } from '../platform/errors.ts';
import { AnswerRowEntity, DepartmentEntity } from './inbox.entity.ts';
import { Tokenizer } from './ports.ts';
import { termsOf } from './same-question.ts';

type AnswerEntry = RouteAnswer<typeof routes.inbox.createAnswer>;
type Suggestion = InboxDetail['suggestions'][number];

/** Okapi BM25 with its usual constants (Robertson & Zaragoza 2009); the question's words count three times, the answer's once. */
const K1 = 1.2;
const B = 0.75;
const QUESTION_WEIGHT = 3;
/** An entry that shares less than this share of the question's information is not shown. */
const LEAST_SCORE = 0.2;
const SHOWN = 5;

interface Indexed {
  row: AnswerRowEntity;
  counts: Map<string, number>;
  length: number;
}

@Injectable()
export class AnswerBank {
  private readonly cut = new Map<number, { text: string; indexed: Indexed }>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly tokenizer: Tokenizer,
  ) {}

  async list(query: RouteInput<typeof routes.inbox.answers>['query']): Promise<{
    items: AnswerEntry[];
    nextCursor: string | null;
  }> {
    const find = this.db
      .repo(AnswerRowEntity)
      .createQueryBuilder('a')
      .orderBy('a.id', 'DESC')
      .take(query.limit + 1);
    if (query.cursor !== undefined) {
      if (!/^\d{1,15}$/u.test(query.cursor)) {
        throw new UserError('invalid-input', '翻页位置无效。', { todo: '请从第一页重新打开。' });
      }
      find.andWhere('a.id < :before', { before: Number(query.cursor) });
    }
    if (query.q !== undefined && query.q !== '') {
      const like = `%${query.q.replaceAll(/[\\%_]/gu, (m) => `\\${m}`)}%`;
      find.andWhere(
        `(lower(a.question) LIKE lower(:like) ESCAPE '\\' OR lower(a.answer) LIKE lower(:like) ESCAPE '\\')`,
        { like },
      );
    }
    const rows = await find.getMany();
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      items: await this.entries(page),
      nextCursor: rows.length > query.limit && last !== undefined ? String(last.id) : null,
    };
  }

  async create(body: RouteInput<typeof routes.inbox.createAnswer>['body']): Promise<AnswerEntry> {
    const departmentId =
      body.departmentId === null || body.departmentId === undefined ? null : Number(body.departmentId);
    const row = await this.db.write(async (tx) => {
      if (departmentId !== null && !(await tx.repo(DepartmentEntity).existsBy({ id: departmentId }))) {
        throw new UserError('invalid-input', '所选承办单位不存在，没有保存。', {
          todo: '请重新选择承办单位。',
          fields: { 'body.departmentId': '所选承办单位不存在' },
        });
      }
      return this.insert(tx, {
        question: body.question,
        answer: body.answer,
        departmentId,
        reviewBy: body.reviewBy === null || body.reviewBy === undefined ? null : Date.parse(body.reviewBy),
        demo: 0,
      });
    });
    const [entry] = await this.entries([row]);
    if (entry === undefined) throw notFound('条知识');
    return entry;
  }

  async remove(id: number): Promise<void> {
    await this.db.write(async (tx) => {
      const { affected } = await tx.repo(AnswerRowEntity).delete({ id });
      if (affected === 0) throw notFound('条知识');
    });
    this.cut.delete(id);
  }

  /** For the demo seed: entries whose question is not in the bank yet. Departments by name. @returns how many were added. */
  async importAnswers(
    entries: readonly { question: string; answer: string; department?: string; reviewBy?: number; demo?: boolean }[],
  ): Promise<number> {
    return this.db.write(async (tx) => {
      let added = 0;
      for (const e of entries) {
        if (await tx.repo(AnswerRowEntity).existsBy({ question: e.question })) continue;
        const department =
          e.department === undefined ? null : await tx.repo(DepartmentEntity).findOneBy({ name: e.department });
        await this.insert(tx, {
          question: e.question,
          answer: e.answer,
          departmentId: department?.id ?? null,
          reviewBy: e.reviewBy ?? null,
          demo: e.demo === true ? 1 : 0,
        });
        added++;
      }
      return added;
    });
  }

  /** At most five entries, the best first. `score` 0–1: the share of the question's information (idf) that the entry holds. */
  async suggest(text: string, now = this.clock.now()): Promise<Suggestion[]> {
    const terms = termsOf(this.tokenizer.tokens(text));
    if (terms.length === 0) return [];
    const bank = (await this.db.repo(AnswerRowEntity).find()).map((row) => this.indexed(row));
    const mean = bank.reduce((sum, e) => sum + e.length, 0) / Math.max(1, bank.length);
    const idf = new Map(
      terms.map((t) => {
        const holders = bank.filter((e) => e.counts.has(t)).length;
        return [t, Math.log(1 + (bank.length - holders + 0.5) / (holders + 0.5))];
      }),
    );
    const all = terms.reduce((sum, t) => sum + (idf.get(t) ?? 0), 0);
    const scored = bank
      .map((entry) => {
        const shared = terms.filter((t) => entry.counts.has(t));
        const score = all === 0 ? 0 : shared.reduce((sum, t) => sum + (idf.get(t) ?? 0), 0) / all;
        const bm25 = shared.reduce((sum, t) => {
          const tf = entry.counts.get(t) ?? 0;
          return sum + ((idf.get(t) ?? 0) * tf * (K1 + 1)) / (tf + K1 * (1 - B + (B * entry.length) / mean));
        }, 0);
        const words = shared.toSorted((a, b) => (idf.get(b) ?? 0) - (idf.get(a) ?? 0)).filter((t) => t.length > 1);
        return { entry, score, bm25, words };
      })
      .filter(({ score, words }) => score >= LEAST_SCORE && words.length > 0)
      .sort((a, b) => b.bm25 - a.bm25 || a.entry.row.id - b.entry.row.id)
      .slice(0, SHOWN);
    const entries = await this.entries(scored.map(({ entry }) => entry.row));
    return scored.flatMap(({ entry, score, words }, i) => {
      const shown = entries[i];
      if (shown === undefined) return [];
      const stale = entry.row.reviewBy !== null && entry.row.reviewBy < now ? '；已过复核日期，请先核对内容' : '';
      return {
        ...shown,
        score: Math.min(1, Math.round(score * 100) / 100),
        reason: `可能相关，共同词语：${words.slice(0, 4).join('、')}${stale}`,
      };
    });
  }

  private insert(
    tx: Tx,
    row: Pick<AnswerRowEntity, 'question' | 'answer' | 'departmentId' | 'reviewBy' | 'demo'>,
  ): Promise<AnswerRowEntity> {
    return tx.repo(AnswerRowEntity).save({ ...row, uses: 0, createdAt: this.clock.now() });
  }

  /** Cut once per text; an entry whose text changed is cut again. */
  private indexed(row: AnswerRowEntity): Indexed {
    const text = `${row.question}\n${row.answer}`;
    const before = this.cut.get(row.id);
    if (before?.text === text) return { ...before.indexed, row };
    const counts = new Map<string, number>();
    const count = (part: string, weight: number) => {
      for (const t of this.tokenizer.tokens(part)) {
        const term = t.trim().toLowerCase();
        if (term !== '') counts.set(term, (counts.get(term) ?? 0) + weight);
      }
    };
    count(row.question, QUESTION_WEIGHT);
    count(row.answer, 1);
    const indexed = { row, counts, length: [...counts.values()].reduce((sum, n) => sum + n, 0) };
    this.cut.set(row.id, { text, indexed });
    return indexed;
  }

  private async entries(rows: readonly AnswerRowEntity[]): Promise<AnswerEntry[]> {
    const departments = new Map((await this.db.repo(DepartmentEntity).find()).map((d) => [d.id, d.name]));
    return rows.map((r) => ({
      id: String(r.id),
      question: r.question,
      answer: r.answer,
      departmentId: r.departmentId === null ? null : String(r.departmentId),
      departmentName: r.departmentId === null ? null : (departments.get(r.departmentId) ?? null),
      reviewBy: toInstantOrNull(r.reviewBy),
      uses: r.uses,
      demo: r.demo === 1,
    }));
  }
}
