/**
 * In: a user's id. Out: the name colleagues know. Used by: desks, to say who did what.
 */
export abstract class People {
  abstract userName(id: number | null): Promise<string | null>;
}
