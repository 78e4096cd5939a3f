export * from './common.ts';
export * from './post.ts';
