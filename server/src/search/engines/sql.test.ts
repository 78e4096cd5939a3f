import { searchEngineFor } from '../search-choice.ts';
import { searchEngineContract } from '../search-engine.contract.ts';

searchEngineContract("the database's own engine", (db) =>
  Promise.resolve({ engine: searchEngineFor(db), settle: () => Promise.resolve() }),
);
