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

/** The people a case can be given to. */
export abstract class Staff {
  abstract staff(): Promise<{ id: number; displayName: string; departmentId: number | null }[]>;
}
