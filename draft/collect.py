import torch,time,sys
torch.set_num_threads(1)
from course_utils.pretrained import gguf,llama,tokenizer,running
from course_utils.lm import data,corpus
f=gguf.GGUF('/tmp/w/smol/m1/SmolLM2-135M-Instruct.Q4_1.gguf'); m=llama.load(f); tk=tokenizer.load(f)
LAYER=8
for name,split,nb,seed,n in (("search","held_out",600_000,1000,120_000),("test","held_out",600_000,0,120_000),("train","train",3_600_000,0,800_000)):
    s=data.sequences(corpus.documents(nb,split,seed),tk,128,"<|endoftext|>")
    N=n//128; print(name,s.tokens.shape,N,flush=True)
    tok,ct=s.tokens[:N],s.content_types[:N]
    out=[];t=time.time()
    for i,part in enumerate(tok.split(8)):
        out.append(m(part,stop_at_layer=LAYER+1).half())
        if i%50==0: print(i,len(tok)//8,time.time()-t,flush=True)
        if i%400==399: torch.save(torch.cat(out),f'/tmp/w/smol/{name}.partial')
    torch.save({"tokens":tok,"types":ct,"resid":torch.cat(out)},f'/tmp/w/smol/{name}.pt')
print("done")
