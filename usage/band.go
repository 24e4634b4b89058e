package usage

import "slices"

// PromptBounds are the sizes of a prompt from which on a provider may ask other
// prices for the whole request, rising. A price "above 200,000" begins at 200,001;
// one "from 128,000 on" begins there. They are one list for all models, so that
// records can be added up by their band without knowing their prices.
var PromptBounds = []int64{
	32_000, 32_001, 32_768, 32_769,
	64_000, 64_001, 65_536, 65_537,
	100_000, 100_001,
	128_000, 128_001, 131_072, 131_073,
	200_000, 200_001, 204_800, 204_801,
	256_000, 256_001, 262_144, 262_145,
	272_000, 272_001,
	400_000, 400_001,
	500_000, 500_001, 512_000, 512_001, 524_288, 524_289,
	1_000_000, 1_000_001, 1_048_576, 1_048_577,
}

// PromptBand is the first prompt size of the band that a prompt falls into, 0 for
// the lowest. A prompt is what was sent: input, cache reads and cache writes, of
// one request.
func PromptBand(prompt int64) int64 {
	at, isExact := slices.BinarySearch(PromptBounds, prompt)
	switch {
	case isExact:
		return prompt
	case at == 0:
		return 0
	}
	return PromptBounds[at-1]
}
