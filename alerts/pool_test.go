package alerts

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNobodyHasMoreThanAShareAndEverybodyHasTheFloor(t *testing.T) {
	p := newPool(10, 4, 1)
	for _, who := range []string{"a", "b"} {
		assert.True(t, p.take(who, 4))
		assert.False(t, p.take(who, 1), "its share is used up")
	}
	assert.True(t, p.take("c", 2))
	assert.False(t, p.take("c", 1), "all is used up")
	assert.True(t, p.take("d", 1), "but the floor is everybody's")
	assert.False(t, p.take("d", 1))
	p.give("a", 4)
	assert.True(t, p.take("c", 2))
	for who, n := range map[string]int64{"b": 4, "c": 4, "d": 1} {
		p.give(who, n)
	}
	assert.Zero(t, p.used)
	assert.Empty(t, p.by, "who has nothing takes no memory")
}

func TestAStrangerHasNoFloor(t *testing.T) {
	p := newPool(4, 2, 0)
	assert.True(t, p.take("a", 2))
	assert.True(t, p.take("b", 2))
	assert.False(t, p.take("c", 1))
}
