/**
 * In: nothing. Out: what the overview needs from the desks, as abstract classes that Nest injects; each has an answer for "not there".
 * Bound by: whoever puts the product together, to topics, claims, inbox and sources.
 */
import type { ClaimRow, InboxRow, TopicRow } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import type { Window } from '../platform/time-window.ts';

export abstract class TopicRows {
  /** The hottest topics now, or of a window that is further back or longer; muted ones left out. */
  abstract hottest(limit: number, window?: Window): Promise<TopicRow[]>;
}

export abstract class ClaimRows {
  /** Claims that still need somebody, most urgent first. */
  abstract urgent(limit: number): Promise<ClaimRow[]>;
  abstract openCount(): Promise<number>;
}

export interface InboxTodo {
  dueToday: number;
  overdue: number;
  /** Replies that wait for approval. */
  review: number;
}

export abstract class InboxRows {
  /** Messages that still need somebody, those due first at the top. */
  abstract todo(limit: number): Promise<InboxRow[]>;
  abstract counts(): Promise<InboxTodo>;
}

export interface FailingSource {
  id: number;
  name: string;
  /** zh-CN, one clause: what is wrong. */
  reason: string;
  /** ms; null when unknown. */
  since: number | null;
}

export abstract class SourceHealthPort {
  abstract failing(): Promise<FailingSource[]>;
}

/** Something official said, to be marked on the volume chart. */
export interface VolumeMark {
  at: number;
  text: string;
  href: string;
}

@Injectable()
export class NoTopics extends TopicRows {
  hottest(): Promise<TopicRow[]> {
    return Promise.resolve([]);
  }
}

@Injectable()
export class NoClaims extends ClaimRows {
  urgent(): Promise<ClaimRow[]> {
    return Promise.resolve([]);
  }
  openCount(): Promise<number> {
    return Promise.resolve(0);
  }
}

@Injectable()
export class NoInbox extends InboxRows {
  todo(): Promise<InboxRow[]> {
    return Promise.resolve([]);
  }
  counts(): Promise<InboxTodo> {
    return Promise.resolve({ dueToday: 0, overdue: 0, review: 0 });
  }
}

@Injectable()
export class NoSourceHealth extends SourceHealthPort {
  failing(): Promise<FailingSource[]> {
    return Promise.resolve([]);
  }
}

export abstract class OfficialMarks {
  /** The most telling official statements of a window (`from` inclusive, `to` exclusive, ms), a dozen at most. */
  abstract between(window: Window): Promise<VolumeMark[]>;
}

@Injectable()
export class NoMarks extends OfficialMarks {
  between(): Promise<VolumeMark[]> {
    return Promise.resolve([]);
  }
}
