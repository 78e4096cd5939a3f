/**
 * In: nothing. Out: what the inbox needs from the rest of the house. Bound by: app.module.ts; tests give their own.
 */

export interface SuggestedDepartment {
  departmentId: number;
  name: string;
  /** 0–1 */
  probability: number;
  /** zh-CN: why. */
  reason: string;
}

/** Which departments a text belongs to, most likely first, at most three; none when nothing speaks for any. */
export abstract class DepartmentRouter {
  abstract suggest(text: string): Promise<SuggestedDepartment[]>;
}

export interface LikelyLabel {
  /** A department or a field of work, as the model was taught. */
  label: string;
  /** 0–1 */
  probability: number;
  /** Words of the text that speak for it. */
  words: readonly string[];
}

/** The trained model that reads which field of work a message belongs to. */
export abstract class RoutingModel {
  /** All it knows; the same array until another model is switched to, empty without a model. */
  abstract labels(): readonly string[];
  /** At most three, most likely first. */
  abstract read(text: string): LikelyLabel[];
}

/** Words of a text, for comparing texts; the same cut for texts and queries. */
export abstract class Tokenizer {
  abstract tokens(text: string): string[];
}

/** Protected data: sealed before it is stored, opened only while one case is being answered. */
export abstract class Vault {
  /** @param plain JSON of a flat object of strings. */
  abstract seal(plain: string): string;
  /** @throws when it was not sealed by this installation. */
  abstract open(sealed: string): string;
}

/** One open alert per subject: raising it again updates it. Closing what is not open does nothing. */
export abstract class AlertsPort {
  abstract raise(alert: {
    subject: string;
    kind: 'overdue';
    level: 'low' | 'medium' | 'high';
    title: string;
    text: string;
    href: string;
  }): Promise<void>;
  abstract close(subject: string): Promise<void>;
}

/** The office's own account at the platform that a citizen wrote to. */
export interface ReplyChannel {
  account: string;
  /** The longest text the platform takes; null = not known. */
  characters: number | null;
  /** zh-CN: what to know before sending. */
  notes: string[];
  /** zh-CN: why it cannot be used now. */
  hindrance: string | null;
}

/** What became of one attempt. `failed`: certainly not sent. `unsure`: it may have been. `stop`: the next one would meet the same. */
export type ReplyOutcome =
  { state: 'sent' | 'delayed'; id: string | null } | { state: 'failed' | 'unsure'; message: string; stop: boolean };

/** Sends through the account that brought the post. */
export abstract class ReplySender {
  /** null when posts of this source cannot be answered from here. */
  abstract channelOf(postId: number): Promise<ReplyChannel | null>;
  /** One attempt, never repeated; does not throw once the platform may have heard of it. */
  abstract send(postId: number, handle: Record<string, string>, text: string): Promise<ReplyOutcome>;
}

/** The people a case can be given to. */
export abstract class Staff {
  abstract staff(): Promise<{ id: number; displayName: string; departmentId: number | null }[]>;
}
