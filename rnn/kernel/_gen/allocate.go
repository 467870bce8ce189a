package main

import (
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// restrictVectors makes avo give out vector registers 0 to 15 only: the upper sixteen need AVX-512 encodings, which AVX2 machines lack.
func restrictVectors() {
	pass.Compile = pass.Concat(
		pass.Verify,
		pass.FunctionPass(pass.PruneJumpToFollowingLabel),
		pass.FunctionPass(pass.PruneDanglingLabels),
		pass.FunctionPass(pass.LabelTarget),
		pass.FunctionPass(pass.CFG),
		pass.InstructionPass(pass.ZeroExtend32BitOutputs),
		pass.FunctionPass(pass.Liveness),
		pass.FunctionPass(allocate),
		pass.FunctionPass(pass.BindRegisters),
		pass.FunctionPass(pass.VerifyAllocation),
		pass.FunctionPass(pass.EnsureBasePointerCalleeSaved),
		pass.Func(pass.IncludeTextFlagHeader),
		pass.FunctionPass(pass.PruneSelfMoves),
		pass.FunctionPass(pass.RequiredISAExtensions),
	)
}

// allocate colours each kind's interference graph with the registers allowed.
func allocate(fn *ir.Function) error {
	allocators := map[reg.Kind]*pass.Allocator{}
	for _, i := range fn.Instructions() {
		for _, r := range i.Registers() {
			k := r.Kind()
			if allocators[k] == nil {
				a, err := pass.NewAllocator(allowed(k))
				if err != nil {
					return err
				}
				for _, p := range reg.FamilyOfKind(k).Registers() {
					if p.Info()&reg.BasePointer != 0 {
						a.SetPriority(p.ID(), -1) // saved and restored when used, so the last choice
					}
				}
				allocators[k] = a
			}
			allocators[k].Add(r.ID())
		}
	}
	for _, i := range fn.Instructions() {
		for _, d := range i.OutputRegisters() {
			live := i.LiveOut.OfKind(d.Kind())
			live.DiscardRegister(d)
			allocators[d.Kind()].AddInterferenceSet(d, live)
		}
	}
	fn.Allocation = reg.NewEmptyAllocation()
	for _, a := range allocators {
		al, err := a.Allocate()
		if err != nil {
			return err
		}
		if err := fn.Allocation.Merge(al); err != nil {
			return err
		}
	}
	return nil
}

func allowed(k reg.Kind) []reg.Physical {
	var rs []reg.Physical
	for _, r := range reg.FamilyOfKind(k).Registers() {
		if k == reg.KindVector && r.PhysicalIndex() > 15 {
			continue
		}
		rs = append(rs, r)
	}
	return rs
}
