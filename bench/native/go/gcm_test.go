// Go's standard library on the packets of the kernels bench:
//
//	go test -bench . -count 5
package native

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"testing"
)

// Packets of one batch, the gateway's BATCH_MAX.
const batch = 64

func newGCM(b *testing.B, keyLen int) cipher.AEAD {
	block, err := aes.NewCipher(make([]byte, keyLen))
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	return gcm
}

func BenchmarkGCM(b *testing.B) {
	aad := make([]byte, 8)
	for _, keyLen := range []int{16, 32} {
		for _, octets := range []int{64, 256, 576, 1400, 9000, 65000} {
			gcm := newGCM(b, keyLen)
			nonce := make([]byte, 12)
			sources, sealed := make([][]byte, batch), make([][]byte, batch)
			for i := range sources {
				sources[i] = make([]byte, octets, octets+16)
				sealed[i] = make([]byte, 0, octets+16)
			}
			b.Run(fmt.Sprintf("seal/aes-%d-gcm/%d", keyLen*8, octets), func(b *testing.B) {
				b.SetBytes(int64(octets))
				for n := 0; n < b.N; n++ {
					binary.BigEndian.PutUint64(nonce[4:], uint64(n))
					sealed[n%batch] = gcm.Seal(sealed[n%batch][:0], nonce, sources[n%batch], aad)
				}
			})
			clear(nonce)
			for i := range sealed {
				sealed[i] = gcm.Seal(sealed[i][:0], nonce, sources[i], aad)
			}
			b.Run(fmt.Sprintf("open/aes-%d-gcm/%d", keyLen*8, octets), func(b *testing.B) {
				b.SetBytes(int64(octets))
				for n := 0; n < b.N; n++ {
					if _, err := gcm.Open(sources[n%batch][:0], nonce, sealed[n%batch], aad); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
