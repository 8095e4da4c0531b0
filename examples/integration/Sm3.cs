// SM3（GB/T 32905-2016）与 HMAC-SM3，供没有 SM3 的 .NET 使用。SM3 and HMAC-SM3 for .NET, which has none.
using System;
using System.Text;

public static class Sm3
{
    static uint Rotate(uint x, int n) { n &= 31; return n == 0 ? x : (x << n) | (x >> (32 - n)); }

    static void Compress(uint[] v, byte[] block, int offset)
    {
        uint[] w = new uint[68];
        for (int i = 0; i < 16; i++)
            w[i] = (uint)block[offset + 4 * i] << 24 | (uint)block[offset + 4 * i + 1] << 16 | (uint)block[offset + 4 * i + 2] << 8 | block[offset + 4 * i + 3];
        for (int i = 16; i < 68; i++)
        {
            uint x = w[i - 16] ^ w[i - 9] ^ Rotate(w[i - 3], 15);
            w[i] = x ^ Rotate(x, 15) ^ Rotate(x, 23) ^ Rotate(w[i - 13], 7) ^ w[i - 6];
        }
        uint a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
        for (int i = 0; i < 64; i++)
        {
            unchecked
            {
                uint ss1 = Rotate(Rotate(a, 12) + e + Rotate(i < 16 ? 0x79cc4519u : 0x7a879d8au, i), 7);
                uint ss2 = ss1 ^ Rotate(a, 12);
                uint ff = i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
                uint gg = i < 16 ? e ^ f ^ g : (e & f) | (~e & g);
                uint t1 = ff + d + ss2 + (w[i] ^ w[i + 4]);
                uint t2 = gg + h + ss1 + w[i];
                d = c; c = Rotate(b, 9); b = a; a = t1;
                h = g; g = Rotate(f, 19); f = e; e = t2 ^ Rotate(t2, 9) ^ Rotate(t2, 17);
            }
        }
        v[0] ^= a; v[1] ^= b; v[2] ^= c; v[3] ^= d; v[4] ^= e; v[5] ^= f; v[6] ^= g; v[7] ^= h;
    }

    public static byte[] Digest(byte[] data)
    {
        uint[] v = { 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e };
        byte[] padded = new byte[(data.Length + 8) / 64 * 64 + 64];
        Array.Copy(data, padded, data.Length);
        padded[data.Length] = 0x80;
        ulong bits = (ulong)data.Length * 8;
        for (int i = 0; i < 8; i++)
            padded[padded.Length - 1 - i] = (byte)(bits >> (8 * i));
        for (int i = 0; i < padded.Length; i += 64)
            Compress(v, padded, i);
        byte[] digest = new byte[32];
        for (int i = 0; i < 32; i++)
            digest[i] = (byte)(v[i / 4] >> (24 - 8 * (i % 4)));
        return digest;
    }

    public static byte[] Hmac(byte[] key, byte[] data)
    {
        byte[] inner = new byte[64 + data.Length], outer = new byte[96];
        byte[] short_key = key.Length > 64 ? Digest(key) : key;
        for (int i = 0; i < 64; i++)
        {
            byte k = i < short_key.Length ? short_key[i] : (byte)0;
            inner[i] = (byte)(k ^ 0x36);
            outer[i] = (byte)(k ^ 0x5c);
        }
        Array.Copy(data, 0, inner, 64, data.Length);
        Array.Copy(Digest(inner), 0, outer, 64, 32);
        return Digest(outer);
    }

    public static string Hex(byte[] bytes)
    {
        var text = new StringBuilder(2 * bytes.Length);
        foreach (byte b in bytes)
            text.Append(b.ToString("x2"));
        return text.ToString();
    }
}
