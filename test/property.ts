/**
 * Property tests, whose chance begins at the same place for everybody: a commit passes or does not, and no build breaks
 * over an input that nobody had tried. `CFM_TEST_SEED=7 npm run unit` tries others.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.CFM_TEST_SEED ?? 20_261_130) });

export default fc;
